package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go/logging"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/appsec"
	"github.com/seed-08ecc977/zerotrust/appsec/instance"
	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/endpoint/launch"
	"github.com/seed-08ecc977/zerotrust/governance/stack"
	"github.com/seed-08ecc977/zerotrust/governance/thirdparty"
	"github.com/seed-08ecc977/zerotrust/governance/thirdparty/edge"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Where a secret can stand, and the canary that stands there. AWS makes up those of devices, clients and VPNs.
const (
	canaryText      = "canary-text-9f3a17"
	canaryLogin     = "canary-login-51c2e8"
	canaryBinary    = "\xff\xfecanary-binary-6b70d4"
	canaryParameter = "canary-parameter-e24c95"
	canaryMachine   = "canary-machine-07ad3e"
	canaryInstance  = "canary-instance-b8815f"
	canaryByHand    = "canary-by-hand-3d96ca"
	canaryTunnel    = "canary_tunnel_7be402"
	canaryKey       = "canary-access-key-c40f6d"
	canarySession   = "canary-session-1ea5b9"
	externalID      = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
)

// ear hears all that is said, and the secrets that AWS made up.
type ear struct {
	sync.Mutex
	said    bytes.Buffer
	secrets []string
}

func (e *ear) Write(p []byte) (int, error) {
	e.Lock()
	defer e.Unlock()
	return e.said.Write(p)
}

func (e *ear) hear(values ...any) {
	for _, v := range values {
		fmt.Fprintf(e, "%v\n%+v\n%#v\n", v, v, v)
		if text, err := json.Marshal(v); err == nil {
			fmt.Fprintf(e, "%s\n", text)
		}
	}
}

func (e *ear) keep(secret string) {
	e.Lock()
	defer e.Unlock()
	e.secrets = append(e.secrets, secret)
}

// forms are how a secret may be written.
func forms(secret string) []string {
	quoted, _ := json.Marshal(secret)
	raw := []byte(secret)
	sum := sha256.Sum256(raw) // what one could try passwords on
	return []string{
		hex.EncodeToString(sum[:]), base64.StdEncoding.EncodeToString(sum[:]), secret, strings.Trim(string(quoted), `"`), base64.StdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw), hex.EncodeToString(raw),
		strings.Trim(fmt.Sprint(raw), "[]"), strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", raw), "[]byte{"), "}"),
	}
}

func (e *ear) requireSilence(t *testing.T) {
	t.Helper()
	said := e.said.String()
	for _, secret := range e.secrets {
		require.GreaterOrEqual(t, len(secret), 8, "too short to be told from chance")
		for _, form := range forms(secret) {
			if at := strings.Index(said, form); at >= 0 {
				require.Fail(t, "a secret was said", "%q in …%s…", form, said[max(0, at-300):min(len(said), at+300)])
			}
		}
	}
}

// secretive is a baseline with a secret everywhere where one can stand: in fields that are made for secrets, and in user data, which
// is not. Another version has all of them written anew.
func (e *ear) secretive(version string, others ...ztcore.Resource) (base *ztcore.Baseline, made ztcore.List) {
	value := func(text string) dataprotect.Source {
		return func(context.Context) ([]byte, error) { return []byte(text), nil }
	}
	user := iam.User{Name: "somebody"}
	pool := appsec.UserPool{Name: "people"}
	vpc := network.VPC{Name: "main", CIDR: "10.0.0.0/16"}
	subnet := network.Subnet{Name: "main-a", VPC: vpc.ID(), CIDR: "10.0.1.0/24", Zone: fakeaws.DefaultRegion + "a"}
	group := network.SecurityGroup{Name: "machines", Description: "Machines", VPC: vpc.ID()}
	customer, gateway := edge.CustomerGateway{Name: "vendor", Address: "198.51.100.7"}, edge.VPNGateway{Name: "vendor", VPC: vpc.ID()}
	made = ztcore.List{
		dataprotect.Secret{Name: "text", Value: value(canaryText), Version: version},
		dataprotect.Secret{Name: "login", Value: dataprotect.Login("app", value(canaryLogin)), Version: version},
		dataprotect.Secret{Name: "binary", Value: value(canaryBinary), Version: version},
		user, iam.MFA{Name: "somebody", User: user.UserName(), Sink: func(_ context.Context, seed iam.MFASeed) error {
			e.keep(seed.Base32())
			e.hear(seed, &seed)
			return nil
		}},
		stack.Stack{
			Name: "with-secrets", Template: `{"Parameters":{"Password":{"Type":"String","NoEcho":true}},"Resources":{"Topic":{"Type":"AWS::SNS::Topic"}}}`,
			Secrets: map[string]stack.Secret{"Password": func(context.Context) (string, error) { return canaryParameter, nil }}, SecretsVersion: version,
		},
		pool, appsec.UserPoolClient{Name: "app", Pool: pool.ID(), CallbackURLs: []string{"https://app.example.com/in"}},
		vpc, subnet, group, customer, gateway,
		edge.VPNConnection{Name: "vendor", CustomerGateway: customer.ID(), VPNGateway: gateway.ID(), Routes: []string{"192.168.0.0/16"}},
		thirdparty.PrismaCloud{Scanner: thirdparty.Scanner{Name: "Scanner", VendorAccount: "111122223333", ExternalID: externalID}},
	}
	return ztcore.NewBaseline("secretive", made, ztcore.List(others),
		launch.Template{Name: "machines", SecurityGroups: []id.SecurityGroup{group.ID()}, UserData: "#!/bin/sh\n# " + version + "\nexport DB_PASSWORD=" + canaryMachine + "\n"},
		ztcore.Ignore(launch.Template{Name: "ignored", SecurityGroups: []id.SecurityGroup{group.ID()}, UserData: "export DB_PASSWORD=" + canaryMachine}),
		instance.Instance{Name: "machine", RootGiB: 8, Subnet: subnet.ID(), SecurityGroups: []id.SecurityGroup{group.ID()}, UserData: "#!/bin/sh\nexport DB_PASSWORD=" + canaryInstance + "\n"},
		waived("machines"), waived("ignored"),
	), made
}

// waived lets a launch template be as this test needs it.
func waived(template string) ztcore.Resource {
	on, until := ztcore.Address("endpoint.LaunchTemplate/"+template), time.Now().AddDate(0, 1, 0)
	return ztcore.List{ztcore.Waive("endpoint.secret-in-user-data", on, "this test", until), ztcore.Waive("endpoint.unmanaged-instance", on, "this test", until)}
}

// run plans and applies, hears all that comes of it, and returns the plan's form for approval.
func (e *ear) run(base *ztcore.Baseline, cfg aws.Config, opts ...ztcore.PlanOption) (approved []byte, err error) {
	plan, err := base.Plan(ctx, cfg, opts...)
	e.hear(plan, err)
	if err != nil {
		return nil, err
	}
	logger := slog.New(slog.NewJSONHandler(e, &slog.HandlerOptions{Level: slog.LevelDebug}))
	logger.Debug("planned", "plan", plan, "steps", plan.Steps)
	e.hear(*plan, plan.Steps, plan.Findings, plan.Drift(), plan.Evidence(), plan.Evidence().Markdown())
	for _, s := range plan.Steps {
		e.hear(s, s.Changes)
	}
	report, err := plan.Apply(ctx, ztcore.WithLogger(logger), ztcore.WithProgress(func(event ztcore.Event) {
		e.hear(event)
		logger.Debug("progress", "event", event)
	}))
	e.hear(report, err)
	if report != nil {
		e.hear(*report, report.Outcomes)
	}
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		e.hear(cause)
	}
	logger.Debug("applied", "report", report, "err", err)
	approved, jsonErr := plan.MarshalJSON()
	return approved, errors.Join(err, jsonErr)
}

// withSecrets is a configuration whose credentials are canaries, and whose SDK logs all that it can.
func withSecrets(cloud *fakeaws.Cloud, e *ear) aws.Config {
	cfg := cloud.Config()
	issued := cfg.Credentials
	cfg.Credentials = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
		c, err := issued.Retrieve(ctx)
		c.SecretAccessKey, c.SessionToken = canaryKey, canarySession
		return c, err
	})
	cfg.Logger = logging.NewStandardLogger(e)
	cfg.ClientLogMode = aws.LogRetries | aws.LogRequest | aws.LogRequestWithBody | aws.LogResponse | aws.LogResponseWithBody | aws.LogDeprecatedUsage
	return cfg
}

// tunnelByHand makes a VPN whose keys EC2 tells whoever describes it, and is it as a resource that is to be adopted.
func tunnelByHand(cfg aws.Config, e *ear) (ztcore.Resource, error) {
	c := ec2.NewFromConfig(cfg)
	customer, err := c.CreateCustomerGateway(ctx, &ec2.CreateCustomerGatewayInput{Type: types.GatewayTypeIpsec1, IpAddress: aws.String("198.51.100.9"), BgpAsn: aws.Int32(65000)})
	if err != nil {
		return nil, err
	}
	gateway, err := c.CreateVpnGateway(ctx, &ec2.CreateVpnGatewayInput{Type: types.GatewayTypeIpsec1})
	if err != nil {
		return nil, err
	}
	out, err := c.CreateVpnConnection(ctx, &ec2.CreateVpnConnectionInput{
		Type: aws.String("ipsec.1"), CustomerGatewayId: customer.CustomerGateway.CustomerGatewayId, VpnGatewayId: gateway.VpnGateway.VpnGatewayId, PreSharedKeyStorage: aws.String("Standard"),
		Options:           &types.VpnConnectionOptionsSpecification{StaticRoutesOnly: aws.Bool(true), TunnelOptions: []types.VpnTunnelOptionsSpecification{{PreSharedKey: aws.String(canaryTunnel)}, {}}},
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeVpnConnection, Tags: []types.Tag{{Key: aws.String("Name"), Value: aws.String("by-hand")}}}},
	})
	if err != nil {
		return nil, err
	}
	for _, t := range out.VpnConnection.Options.TunnelOptions {
		e.keep(aws.ToString(t.PreSharedKey))
	}
	return ztcore.Adopt(edge.VPNConnection{
		Name: "by-hand", CustomerGateway: id.CustomerGateway(*customer.CustomerGateway.CustomerGatewayId), VPNGateway: id.VPNGateway(*gateway.VpnGateway.VpnGatewayId), Routes: []string{"192.168.1.0/24"},
	}), nil
}

// clientSecret is what Cognito made up for the application.
func clientSecret(cfg aws.Config) (string, error) {
	c := cognitoidentityprovider.NewFromConfig(cfg)
	pools, err := c.ListUserPools(ctx, &cognitoidentityprovider.ListUserPoolsInput{MaxResults: aws.Int32(1)})
	if err != nil {
		return "", err
	}
	clients, err := c.ListUserPoolClients(ctx, &cognitoidentityprovider.ListUserPoolClientsInput{UserPoolId: pools.UserPools[0].Id})
	if err != nil {
		return "", err
	}
	out, err := c.DescribeUserPoolClient(ctx, &cognitoidentityprovider.DescribeUserPoolClientInput{UserPoolId: pools.UserPools[0].Id, ClientId: clients.UserPoolClients[0].ClientId})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.UserPoolClient.ClientSecret), nil
}

// leak changes a secret and user data as somebody would who does not know of the baseline.
func leak(cfg aws.Config) error {
	_, err := secretsmanager.NewFromConfig(cfg).PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: aws.String("text"), SecretString: aws.String(canaryByHand)})
	if err != nil {
		return err
	}
	c := ec2.NewFromConfig(cfg)
	version, err := c.CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateName: aws.String("machines"), SourceVersion: aws.String("$Latest"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{UserData: aws.String(base64.StdEncoding.EncodeToString([]byte("#!/bin/sh\nAPI_KEY=" + canaryByHand + "\n")))},
	})
	if err != nil {
		return err
	}
	_, err = c.ModifyLaunchTemplate(ctx, &ec2.ModifyLaunchTemplateInput{LaunchTemplateName: aws.String("machines"), DefaultVersion: aws.String(fmt.Sprint(*version.LaunchTemplateVersion.VersionNumber))})
	return err
}

// A distinct canary stands wherever a caller can hand in a secret, or AWS hands one back. From the first plan to the last deletion, and
// however an apply goes wrong, none is said: they are in the requests to AWS and nowhere else.
//
// A vendor's external id is none of them: AWS shows it to whoever may read the role, and who reviews a plan has to see it
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html).
func TestNoSecretIsEverSaid(t *testing.T) {
	carriers := []string{
		"CreateSecret", "PutSecretValue", "UpdateSecret", "CreateVirtualMFADevice", "EnableMFADevice", "CreateChangeSet", "ExecuteChangeSet", "CreateUserPoolClient", "CreateLaunchTemplate",
		"CreateLaunchTemplateVersion", "RunInstances", "CreateVpnConnection", "ModifyVpnTunnelOptions",
	}
	for name, fault := range map[string]*fakeaws.Fault{
		"nothing": nil, "before": {Before: fakeaws.Error("InternalFailure", "it broke")}, "after": {After: fakeaws.Error("InternalFailure", "it broke")}, "lost": {After: fakeaws.Lost()},
		"denied": {Before: fakeaws.Denied("something")}, "throttled": {Before: fakeaws.Throttled()}, "invalid": {Before: fakeaws.Error("ValidationException", "no such thing")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &ear{secrets: []string{canaryText, canaryLogin, canaryBinary, canaryParameter, canaryMachine, canaryInstance, canaryByHand, canaryTunnel, canaryKey, canarySession}}
				cloud := newCloud(t)
				quiet, cfg := cloud.Config(), withSecrets(cloud, e)
				tunnel, err := tunnelByHand(quiet, e)
				require.NoError(t, err)
				base, made := e.secretive("1", tunnel)
				e.hear(made)
				for _, r := range made {
					e.hear(r)
				}
				if fault != nil {
					fault.Match = func(c fakeaws.Call) bool { return slices.Contains(carriers, c.Operation) }
					cloud.Inject(t, fault)
					_, err := e.run(base, cfg)
					require.Error(t, err)
					cloud.Lift(fault)
				}
				approved, err := e.run(base, cfg)
				if fault == nil {
					require.NoError(t, err)
					secret, err := clientSecret(quiet)
					require.NoError(t, err)
					e.keep(secret)
					require.NoError(t, leak(quiet))
				}
				again, _ := e.secretive("2", tunnel)
				_, err = again.Load(ctx, cfg, approved)
				e.hear(err)
				if fault == nil {
					require.Error(t, err, "the world is another one")
				}
				_, err = e.run(again, cfg)
				plan, planErr := again.Plan(ctx, cfg, ztcore.Destroy())
				e.hear(plan, planErr)
				if fault == nil {
					require.NoError(t, err)
					require.NoError(t, planErr)
				}
				if planErr == nil {
					var all []ztcore.Address
					for _, s := range plan.Steps {
						all = append(all, s.Address)
					}
					_, err = e.run(again, cfg, ztcore.Destroy(), ztcore.AllowDelete(all...))
					if fault == nil {
						require.NoError(t, err)
					}
				}
				e.requireSilence(t)
				require.Contains(t, e.said.String(), externalID, "it is no secret")
				require.Contains(t, e.said.String(), "dataprotect.Secret/binary")
				if fault == nil {
					requireSent(t, cloud, e.secrets)
				}
			})
		})
	}
}

// requireSent holds that what was listened for is in the requests, all but what AWS makes up and what signs them.
func requireSent(t *testing.T, cloud *fakeaws.Cloud, secrets []string) {
	t.Helper()
	var sent strings.Builder
	for _, c := range cloud.Calls() {
		text, err := json.Marshal(c.Input)
		require.NoError(t, err)
		sent.Write(text)
	}
	for _, secret := range []string{canaryText, canaryLogin, canaryBinary, canaryParameter, canaryByHand, canaryTunnel} {
		require.True(t, slices.ContainsFunc(forms(secret), func(form string) bool { return strings.Contains(sent.String(), form) }), "%q was never sent", secret)
	}
	// Three tunnels' keys at least, a seed and a client's secret.
	require.Greater(t, len(secrets), 10+3)
}
