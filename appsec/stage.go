package appsec

import (
	"cmp"
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Stage is how an API is served. The zero value lacks but AccessLogs: requests are throttled, measured and traced, errors
// are logged without the content of requests, and what a cache holds is encrypted.
type Stage struct {
	Name  string  // "prod" if empty; part of the URL; a change makes another stage
	Rate  float64 // requests a second over all callers, 100 if zero
	Burst int32   // requests at once, 200 if zero

	// AccessLogs is the group that gets a line of JSON for each request. The account needs a role for it: see Account.
	AccessLogs          id.LogGroupARN
	NoAccessLogsBecause string // why there are none; errors are not logged either then
	NoTracingBecause    string // why requests are not traced by X-Ray

	CacheSize types.CacheClusterSize // in GB, as 0.5; no cache if empty
}

// accessLog is one line for each request: who, from where, what, how it was encrypted, and how it ended.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
const accessLog = `{"requestId":"$context.requestId","time":"$context.requestTimeEpoch","ip":"$context.identity.sourceIp","caller":"$context.identity.userArn",` +
	`"subject":"$context.authorizer.claims.sub","method":"$context.httpMethod","path":"$context.path","resource":"$context.resourcePath","status":"$context.status",` +
	`"error":"$context.error.responseType","tls":"$context.tlsVersion","cipher":"$context.cipherSuite","agent":"$context.identity.userAgent","waf":"$context.wafResponseCode"}`

// declareStage serves the routes: after they are edited, what they are decides which deployment the stage has to have.
func (a API) declareStage(d *ztcore.Declaration, api apiState) {
	s := a.Stage
	want := stageState{
		API: string(a.ID()), Name: cmp.Or(s.Name, "prod"), Release: a.release(api), AccessLogs: strings.TrimSuffix(string(s.AccessLogs), ":*"), LogFormat: accessLog, LogLevel: "ERROR",
		Metrics: true, Rate: cmp.Or(s.Rate, 100), Burst: cmp.Or(s.Burst, 200), Tracing: s.NoTracingBecause == "", CacheSize: string(s.CacheSize), Cached: s.CacheSize != "",
		CacheEncrypted: true, Overrides: []string{}, Tags: a.Tags,
	}
	var except [][2]string
	switch {
	case s.NoAccessLogsBecause != "" && s.AccessLogs != "":
		d.Reject(ztcore.Finding{Attribute: "API " + a.Name + " Stage", Message: "both AccessLogs and NoAccessLogsBecause are set", Fix: "drop one of them"})
	case s.NoAccessLogsBecause != "":
		want.LogFormat, want.LogLevel = "", "OFF"
		except = append(except, [2]string{"AccessLogs", s.NoAccessLogsBecause})
	case s.AccessLogs == "":
		d.Reject(ztcore.Finding{Attribute: "API " + a.Name + " Stage.AccessLogs", Message: "requests would leave no trace", Fix: "name a log group, or say why not in NoAccessLogsBecause"})
	}
	if s.NoTracingBecause != "" {
		except = append(except, [2]string{"Tracing", s.NoTracingBecause})
	}
	n := stages.Declare(d, a.Name, want).After(a.After...).After(routes.Ref(a.Name, "Parent"))
	for _, e := range except {
		n.Except(e[0], e[1])
	}
}

type stageState struct {
	API            string  `zt:"key"`
	Name           string  `zt:"key"`
	Release        release // what is deployed
	AccessLogs     string
	LogFormat      string
	LogLevel       string // of errors in the API itself
	LogsContent    bool   // of requests and answers, which may hold secrets
	Metrics        bool
	Rate           float64
	Burst          int32
	Tracing        bool
	CacheSize      string
	Cached         bool
	CacheEncrypted bool
	Overrides      []string          `zt:"set"` // methods with settings of their own
	Superseded     int               // deployments of ours that no stage serves, as an interrupted run leaves them
	Tags           map[string]string `zt:"tags"`
	ARN            string            `zt:"output"`
	URL            string            `zt:"output"`
	Deployment     string            `zt:"output"`
	WebACL         string            `zt:"output"`
}

var stages = &ztcore.Kind[stageState]{
	Name: "appsec.Stage", Permissions: &stagesNeed, PermissionsFor: stagesNeedFor, Read: readStages, Create: createStage, Update: updateStage, Delete: deleteStage, Check: checkStage, PartOf: true,
	// The account's role for logs is new; a route is being put by another run.
	Retry:    []ztcore.Retry{concurrent, slowDown, {Code: "BadRequestException", Message: "CloudWatch Logs role ARN must be set"}, {Code: "BadRequestException", Message: "No integration defined"}},
	Domain:   func(want stageState) string { return apiDomain(want.API) },
	Controls: []string{"FSBP APIGateway.1", "FSBP APIGateway.3", "FSBP APIGateway.5", "NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
}

var stagesNeed = ztcore.Permissions{
	Read:   []string{"apigateway:GET"},
	Write:  []string{"apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT"},
	Delete: []string{"apigateway:DELETE"},
}

// stagesNeedFor is what the delivery of access logs takes.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-CWL.html
func stagesNeedFor(want stageState) ztcore.Permissions {
	if !strings.Contains(want.AccessLogs, ":logs:") {
		return ztcore.Permissions{}
	}
	return ztcore.Permissions{Write: []string{"logs:CreateLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:PutResourcePolicy"}}
}

func readStages(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[stageState]) ([]stageState, error) {
	of := distinct(q.Want, func(w stageState) string { return w.API })
	found := make([][]stageState, len(of))
	err := ztcore.Each(ctx, len(of), func(ctx context.Context, i int) error {
		releases, err := listDeployments(ctx, sc, of[i])
		if err != nil {
			return unlessGone(err)
		}
		out, err := apigateway.NewFromConfig(sc.Config).GetStages(ctx, &apigateway.GetStagesInput{RestApiId: &of[i]})
		if err != nil {
			return unlessGone(err)
		}
		left := superseded(releases, out.Item)
		for _, st := range out.Item {
			s := seenStage(sc, of[i], st, releases)
			s.Superseded = len(left)
			found[i] = append(found[i], s)
		}
		return nil
	})
	var all []stageState
	for _, f := range found {
		all = append(all, f...)
	}
	return all, err
}

func createStage(ctx context.Context, sc *ztcore.Scope, want stageState) error {
	deployment, err := deploy(ctx, sc, want)
	if err != nil {
		return err
	}
	_, err = apigateway.NewFromConfig(sc.Config).CreateStage(ctx, &apigateway.CreateStageInput{
		RestApiId: &want.API, StageName: &want.Name, DeploymentId: &deployment, TracingEnabled: want.Tracing, Tags: want.Tags,
	})
	if unlessThere(err) != nil {
		return err
	}
	return patchStage(ctx, sc, stageState{}, want, append(want.patches(), patch(types.OpReplace, "/deploymentId", deployment)))
}

func updateStage(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[stageState]) error {
	ops, former := u.Want.patches(), stageState{}
	if u.Want.AccessLogs == "" && u.Have.AccessLogs != "" {
		ops = append(ops, types.PatchOperation{Op: types.OpRemove, Path: aws.String("/accessLogSettings")})
	}
	for _, method := range u.Have.Overrides {
		ops = append(ops, types.PatchOperation{Op: types.OpRemove, Path: aws.String("/" + method)})
	}
	if u.Changed("Release") {
		deployment, err := deploy(ctx, sc, u.Want)
		if err != nil {
			return err
		}
		ops, former = append(ops, patch(types.OpReplace, "/deploymentId", deployment)), u.Have
	}
	if err := patchStage(ctx, sc, former, u.Want, ops); err != nil || !u.Changed("Tags") {
		return err
	}
	_, err := apigateway.NewFromConfig(sc.Config).TagResource(ctx, &apigateway.TagResourceInput{ResourceArn: &u.Have.ARN, Tags: u.Want.Tags})
	return err
}

// patchStage moves the stage to what is wanted, and then removes the deployments that no stage serves any more.
func patchStage(ctx context.Context, sc *ztcore.Scope, former, want stageState, ops []types.PatchOperation) error {
	_, err := apigateway.NewFromConfig(sc.Config).UpdateStage(ctx, &apigateway.UpdateStageInput{RestApiId: &want.API, StageName: &want.Name, PatchOperations: ops})
	if err != nil {
		return err
	}
	return sweep(ctx, sc, want.API, former)
}

func deleteStage(ctx context.Context, sc *ztcore.Scope, have stageState) error {
	_, err := apigateway.NewFromConfig(sc.Config).DeleteStage(ctx, &apigateway.DeleteStageInput{RestApiId: &have.API, StageName: &have.Name})
	if unlessGone(err) != nil {
		return err
	}
	return unlessGone(sweep(ctx, sc, have.API, have))
}
