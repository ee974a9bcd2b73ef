package monitoring

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Trail is a trail of CloudTrail. With a name, a bucket and a key it records all management events of all regions, with
// validated log files, looks for unusual activity (Insights, which AWS charges for), and logs from the start.
//
// The bucket's policy needs TrailBucketPolicy, and the key's TrailKeyPolicy, before the trail is made: AWS checks both.
//
//	key := dataprotect.Key{Name: "trail", Policy: monitoring.TrailKeyPolicy("my-trail")}
//	bucket := dataprotect.Bucket{Name: "my-cloudtrail-bucket", Key: key.ARN()}
//	bucket.Policy = monitoring.TrailBucketPolicy("my-trail", bucket.ARN(), "")
//	trail := monitoring.Trail{Name: "my-trail", Bucket: bucket.Delivery(), Key: key.ARN()}
//
// A trail guards data: it is removed only when AllowDelete names it. Planned from another region than its home, a trail of all
// regions is found and changed at its home; but where it delivers to can't be changed from there, so that a baseline that is
// planned for several regions, and names a bucket in each, does not move it to and fro.
type Trail struct {
	Name   string    // 3–128 letters, digits and single ._- between them
	Bucket id.Bucket // dataprotect's Bucket.Delivery(), which waits for the bucket's policy, or a name
	Prefix string    // of the files' keys, without a slash at its end; at most 200 characters
	Key    id.KeyARN // encrypts the log files, in the bucket's region
	// LogGroup and LogsRole copy events to CloudWatch Logs, which metric filters need. The role trusts
	// cloudtrail.amazonaws.com and has TrailLogsPolicy.
	LogGroup id.LogGroupARN
	LogsRole id.RoleARN
	// DataEvents are recorded beside the management events. AWS charges for them.
	DataEvents []DataEvents
	// After are tokens of what must stand before the trail is made and is not named above.
	After []string

	NoKeyBecause        string // leaves encryption to S3's own keys, and says why
	SingleRegionBecause string // records one region only, and says why
	NoInsightsBecause   string // does not look for unusual activity, and says why
	StoppedBecause      string // does not log for now, and says why
	Tags                map[string]string
}

// DataEvents are what happens to the content of resources: objects read, functions invoked, tables queried.
type DataEvents struct {
	Type   string   // as AWS::S3::Object, AWS::Lambda::Function, AWS::DynamoDB::Table
	Under  []id.ARN // ARNs, or what they begin with, as bucket.ARN() + "/"; every resource of the type if empty
	Access string   // ReadOnly or WriteOnly; both if empty
}

// ARN is the trail's ARN, known before the trail exists.
func (t Trail) ARN() id.TrailARN { return id.TrailARN(trails.Ref(t.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (t Trail) Declare(d *ztcore.Declaration) { t.declare(d) }

func (t Trail) declare(d *ztcore.Declaration) *ztcore.Node {
	want := trailState{
		Name: t.Name, Bucket: string(t.Bucket), Prefix: t.Prefix, Key: string(t.Key), Role: string(t.LogsRole), MultiRegion: t.SingleRegionBecause == "",
		GlobalEvents: true, Validated: true, Logging: t.StoppedBecause == "", Events: wantedEvents(t.DataEvents), Insights: []string{}, Tags: t.Tags,
	}
	if t.LogGroup != "" {
		want.LogGroup = strings.TrimSuffix(string(t.LogGroup), ":*") + ":*"
	}
	if t.NoInsightsBecause == "" {
		for _, i := range types.InsightType("").Values() {
			want.Insights = append(want.Insights, string(i))
		}
	}
	n := trails.Declare(d, t.Name, want).After(t.After...)
	if t.Key == "" {
		n.Except("NoKeyBecause", t.NoKeyBecause)
	}
	for attribute, reason := range map[string]string{"SingleRegionBecause": t.SingleRegionBecause, "NoInsightsBecause": t.NoInsightsBecause, "StoppedBecause": t.StoppedBecause} {
		if reason != "" {
			n.Except(attribute, reason)
		}
	}
	return n
}

type trailState struct {
	Name         string `zt:"key"`
	Bucket       string
	Prefix       string
	Key          string
	LogGroup     string // with ":*"
	Role         string
	MultiRegion  bool
	GlobalEvents bool
	Validated    bool
	Logging      bool
	Events       []selected        `zt:"set"`
	Insights     []string          `zt:"set"`
	Tags         map[string]string `zt:"tags"`
	ARN          string            `zt:"output"`
	Home         string            `zt:"output"` // region
}

var trails = &ztcore.Kind[trailState]{
	Name: "monitoring.Trail", Permissions: &trailsNeed, Read: readTrails, Create: createTrail, Update: updateTrail, Delete: deleteTrail,
	Predict: func(sc *ztcore.Scope, want *trailState) {
		want.ARN, want.Home = "arn:"+sc.Partition+":cloudtrail:"+sc.Region+":"+sc.Account+":trail/"+want.Name, sc.Region
	},
	Check: checkTrail, HoldsData: true,
	// What the trail needs is new and not known everywhere.
	Retry: []ztcore.Retry{
		{Code: "InsufficientS3BucketPolicyException"}, {Code: "InsufficientEncryptionPolicyException"},
		{Code: "InvalidCloudWatchLogsRoleArnException"}, {Code: "InvalidCloudWatchLogsLogGroupArnException"}, {Code: "ConflictException"},
	},
	Controls: []string{"CIS AWS 3.0 3.1", "CIS AWS 3.0 3.2", "CIS AWS 3.0 3.5", "FSBP CloudTrail.1", "FSBP CloudTrail.2", "FSBP CloudTrail.4", "NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
}

var trailsNeed = ztcore.Permissions{
	Read: []string{"cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetInsightSelectors", "cloudtrail:GetTrailStatus", "cloudtrail:ListTags"},
	Write: []string{
		"cloudtrail:AddTags", "cloudtrail:CreateTrail", "cloudtrail:PutEventSelectors", "cloudtrail:PutInsightSelectors", "cloudtrail:StartLogging",
		"cloudtrail:StopLogging", "cloudtrail:UpdateTrail", "iam:PassRole",
	},
	Delete: []string{"cloudtrail:DeleteTrail"},
}

// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html
var (
	trailName = regexp.MustCompile(`^[a-zA-Z0-9]+([._-][a-zA-Z0-9]+)*$`)
	ipAddress = regexp.MustCompile(`^\d+\.\d+\.\d+\.\d+$`)
	dataType  = regexp.MustCompile(`^AWS::[A-Za-z0-9]+::[A-Za-z0-9]+$`)
)

func checkTrail(want trailState) []ztcore.Finding {
	var out []ztcore.Finding
	if len(want.Name) < 3 || len(want.Name) > 128 || !trailName.MatchString(want.Name) || ipAddress.MatchString(want.Name) {
		out = append(out, ztcore.Finding{Attribute: "Name", Message: want.Name + " can't be the name of a trail", Fix: "use 3–128 letters and digits, with single . _ or - between them"})
	}
	if want.Bucket == "" {
		out = append(out, ztcore.Finding{Attribute: "Bucket", Message: "no bucket is named", Fix: "set it to a bucket's Delivery()"})
	}
	if len(want.Prefix) > 200 || strings.HasSuffix(want.Prefix, "/") {
		out = append(out, ztcore.Finding{Attribute: "Prefix", Message: "CloudTrail takes 200 characters and puts a slash behind them itself", Fix: "shorten it, and leave out the slash"})
	}
	if (want.LogGroup == "") != (want.Role == "") {
		out = append(out, ztcore.Finding{Attribute: "LogGroup", Message: "a log group and the role that writes to it come together", Fix: "set both LogGroup and LogsRole, or none"})
	}
	if want.Key != "" && !ztcore.HasToken(want.Key) && !strings.HasPrefix(want.Key, "arn:") {
		out = append(out, ztcore.Finding{Attribute: "Key", Message: want.Key + " is no ARN, and would differ from what CloudTrail answers", Fix: "use arn:aws:kms:…:key/…"})
	}
	for _, e := range want.Events {
		if e.Category == data && !dataType.MatchString(e.Type) {
			out = append(out, ztcore.Finding{Attribute: "DataEvents.Type", Message: fmt.Sprintf("%q is no type of resource", e.Type), Fix: "use one as AWS::S3::Object"})
		}
		if !slices.Contains([]string{"", readOnly, writeOnly}, e.Access) {
			out = append(out, ztcore.Finding{Attribute: "DataEvents.Access", Message: e.Access + " is no access", Fix: "use ReadOnly or WriteOnly, or leave it out"})
		}
		if e.Under != "" && !ztcore.HasToken(e.Under) && !strings.HasPrefix(e.Under, "arn:") {
			out = append(out, ztcore.Finding{Attribute: "DataEvents.Under", Message: e.Under + " does not begin as an ARN", Fix: "use an ARN or its beginning, as arn:aws:s3:::bucket/"})
		}
	}
	return out
}
