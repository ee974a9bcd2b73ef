package audit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/governance/audit"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

const (
	ec2Trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	vendor   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::210987654321:root"},"Action":"sts:AssumeRole"%s}]}`
	anybody  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"%s}]}`
)

// The credential report takes a while to be made, so the tests run in virtual time.
func newCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakeiam.Install) }

func allow(resource string, actions ...string) string {
	list, err := json.Marshal(actions)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":%s,"Resource":%q}]}`, list, resource)
}

func role(t *testing.T, c *iam.Client, name, trust string, inline ...string) {
	t.Helper()
	_, err := c.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)
	for i, doc := range inline {
		_, err := c.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String(fmt.Sprint("p", i)), PolicyDocument: &doc})
		require.NoError(t, err)
	}
}

// rules lists what was found of an entity, as rule: message.
func rules(r *audit.Report, name string) []string {
	var out []string
	for _, f := range r.Findings {
		if strings.HasSuffix(f.Entity, "/"+name) {
			out = append(out, f.Rule+": "+f.Message)
		}
	}
	return out
}

func run(t *testing.T, cloud *fakeaws.Cloud, o audit.Options) *audit.Report {
	t.Helper()
	report, err := audit.Run(t.Context(), cloud.Config(), o)
	require.NoError(t, err)
	return report
}

func TestWaysUpAreFound(t *testing.T) { synctest.Test(t, waysUpAreFound) }

func waysUpAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		document string
		want     string
	}{
		"version":  {allow("*", "iam:CreatePolicyVersion"), "iam:CreatePolicyVersion"},
		"attach":   {allow("arn:aws:iam::123456789012:user/*", "iam:AttachUserPolicy"), "iam:AttachUserPolicy"},
		"trust":    {allow("*", "iam:UpdateAssumeRolePolicy"), "iam:UpdateAssumeRolePolicy"},
		"lambda":   {allow("*", "iam:PassRole", "lambda:*"), "iam:PassRole + lambda:CreateFunction + lambda:InvokeFunction"},
		"instance": {allow("*", "iam:Pass*", "ec2:RunInstances"), "iam:PassRole + ec2:RunInstances"},
		"key":      {allow("*", "iam:CreateAccessKey"), "iam:CreateAccessKey"},
		"command":  {allow("*", "ssm:SendCommand"), "ssm:SendCommand"},
		"own role": {allow("arn:aws:iam::123456789012:role/App", "iam:PassRole", "ec2:RunInstances"), ""},
		"no pass":  {allow("*", "ec2:RunInstances", "lambda:CreateFunction"), ""},
		"reader":   {allow("*", "iam:Get*", "iam:List*"), ""},
		"denied":   {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:CreatePolicyVersion","Resource":"*"},{"Effect":"Deny","Action":"iam:*","Resource":"*"}]}`, ""},
	} {
		cloud := newCloud()
		role(t, iam.NewFromConfig(cloud.Config()), "R", ec2Trust, c.document)
		var escalations []string
		for _, f := range run(t, cloud, audit.Options{}).Findings {
			if f.Rule == "escalation" {
				escalations = append(escalations, f.Message)
			}
		}
		if c.want == "" {
			require.Empty(t, escalations, name)
			continue
		}
		require.NotEmpty(t, escalations, name)
		require.Contains(t, strings.Join(escalations, "\n"), c.want, name)
	}
}

func TestBoundaryClosesAWayUp(t *testing.T) { synctest.Test(t, boundaryClosesAWayUp) }

func boundaryClosesAWayUp(t *testing.T) {
	cloud := newCloud()
	c := iam.NewFromConfig(cloud.Config())
	role(t, c, "R", ec2Trust, allow("*", "iam:CreatePolicyVersion"))
	made, err := c.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String("limit"), PolicyDocument: aws.String(allow("*", "s3:GetObject"))})
	require.NoError(t, err)
	_, err = c.PutRolePermissionsBoundary(t.Context(), &iam.PutRolePermissionsBoundaryInput{RoleName: aws.String("R"), PermissionsBoundary: made.Policy.Arn})
	require.NoError(t, err)
	report := run(t, cloud, audit.Options{})
	require.Empty(t, rules(report, "R"))
	require.Empty(t, rules(report, "limit"), "a boundary is in use")
}

func TestTrustIsLookedAt(t *testing.T) { synctest.Test(t, trustIsLookedAt) }

func trustIsLookedAt(t *testing.T) {
	cloud := newCloud()
	c := iam.NewFromConfig(cloud.Config())
	_, err := c.CreateOpenIDConnectProvider(t.Context(), &iam.CreateOpenIDConnectProviderInput{Url: aws.String("https://token.actions.githubusercontent.com"), ClientIDList: []string{"sts.amazonaws.com"}})
	require.NoError(t, err)
	github := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"%s}}}]}`
	for name, trust := range map[string]string{
		"Service": ec2Trust, "Vendor": fmt.Sprintf(vendor, ""), "VendorWithID": fmt.Sprintf(vendor, `,"Condition":{"StringEquals":{"sts:ExternalId":"e1"}}`),
		"Public": fmt.Sprintf(anybody, ""), "OfTheOrg": fmt.Sprintf(anybody, `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1234567890"}}`),
		"GitHub": fmt.Sprintf(github, ""), "OneRepo": fmt.Sprintf(github, `,"token.actions.githubusercontent.com:sub":"repo:acme/app:ref:refs/heads/main"`),
	} {
		role(t, c, name, trust)
	}
	report := run(t, cloud, audit.Options{})
	require.Equal(t, []string{"no-external-id: trusts the account 210987654321 without an external id"}, rules(report, "Vendor"))
	require.Equal(t, []string{"public-trust: trusts everybody"}, rules(report, "Public"))
	require.Equal(t, []string{"open-federation: trusts every identity of token.actions.githubusercontent.com"}, rules(report, "GitHub"))
	for _, fine := range []string{"Service", "VendorWithID", "OfTheOrg", "OneRepo"} {
		require.Empty(t, rules(report, fine), fine)
	}
	require.Empty(t, rules(run(t, cloud, audit.Options{Accounts: []string{"210987654321"}}), "Vendor"), "the account is one's own")
}

func TestWildcardsAndUnusedPoliciesAreFound(t *testing.T) {
	synctest.Test(t, wildcardsAndUnusedPoliciesAreFound)
}

func wildcardsAndUnusedPoliciesAreFound(t *testing.T) {
	cloud := newCloud()
	c := iam.NewFromConfig(cloud.Config())
	for name, doc := range map[string]string{
		"all": allow("*", "*"), "s3": allow("*", "s3:*"), "narrow": allow("arn:aws:s3:::b/*", "s3:*"),
		"but": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}]}`,
	} {
		_, err := c.CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &doc})
		require.NoError(t, err)
	}
	report := run(t, cloud, audit.Options{})
	unused := "unused-policy: is attached to nobody"
	require.Equal(t, []string{"wildcard: allows every action on every resource", unused}, rules(report, "all"))
	require.Equal(t, []string{"wildcard: allows all of s3 on every resource", unused}, rules(report, "s3"))
	require.Equal(t, []string{"wildcard: allows everything but some actions (NotAction), and with them what AWS adds", unused}, rules(report, "but"))
	require.Equal(t, []string{unused}, rules(report, "narrow"))
	require.Equal(t, 4, report.Policies)
}

func TestUsersAndTheirCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cloud.SetPageSize(1)
		c := iam.NewFromConfig(cloud.Config())
		for _, name := range []string{"alice", "bob"} {
			_, err := c.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name})
			require.NoError(t, err)
		}
		_, err := c.CreateLoginProfile(t.Context(), &iam.CreateLoginProfileInput{UserName: aws.String("alice"), Password: aws.String("Correct-Horse-1")})
		require.NoError(t, err)
		_, err = c.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("alice")})
		require.NoError(t, err)
		_, err = c.AttachUserPolicy(t.Context(), &iam.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")})
		require.NoError(t, err)
		role(t, c, "Old", ec2Trust)
		time.Sleep(100 * 24 * time.Hour)
		report := run(t, cloud, audit.Options{})
		require.Equal(t, []string{
			"admin: may do everything with everything", "missing-mfa: signs in without a second factor", "old-key: access key 1 is 100 days old",
			"unused-credential: the password was not used for 100 days", "unused-credential: access key 1 was not used for 100 days", "direct-policy: has 1 policies of its own",
		}, rules(report, "alice"))
		require.Empty(t, rules(report, "bob"))
		require.Equal(t, []string{"unused-role: was never used in the 100 days since it was made"}, rules(report, "Old"))
		require.Equal(t, 2, report.Users)

		for i := 1; i < len(report.Findings); i++ {
			order := map[audit.Severity]int{audit.Critical: 0, audit.High: 1, audit.Medium: 2, audit.Low: 3}
			require.LessOrEqual(t, order[report.Findings[i-1].Severity], order[report.Findings[i].Severity], "the worst comes first")
		}
		text := report.Markdown()
		require.Contains(t, text, "| arn:aws:iam::123456789012:user/alice | signs in without a second factor |")
		raw, err := json.Marshal(report)
		require.NoError(t, err)
		var again audit.Report
		require.NoError(t, json.Unmarshal(raw, &again))
		require.Equal(t, report.Findings, again.Findings)
	})
}

func TestDeniedReadIsAnErrorAndNoCleanReport(t *testing.T) {
	synctest.Test(t, deniedReadIsAnErrorAndNoCleanReport)
}

func deniedReadIsAnErrorAndNoCleanReport(t *testing.T) {
	cloud := newCloud()
	cloud.Inject(t, &fakeaws.Fault{Operation: "GetCredentialReport", Before: fakeaws.Denied("iam:GetCredentialReport")})
	_, err := audit.Run(t.Context(), cloud.Config(), audit.Options{})
	require.ErrorContains(t, err, "iam:GetCredentialReport")
	for _, call := range cloud.Writes() {
		require.Equal(t, "GenerateCredentialReport", call.Operation, "an audit changes nothing")
	}
}

func TestPartitionIsTheAccounts(t *testing.T) { synctest.Test(t, partitionIsTheAccounts) }

func partitionIsTheAccounts(t *testing.T) {
	cfg := newCloud().ConfigFor(fakeaws.DefaultAccount, "cn-north-1")
	role(t, iam.NewFromConfig(cfg), "R", ec2Trust, allow("arn:aws-cn:iam::123456789012:user/*", "iam:CreateAccessKey"))
	report, err := audit.Run(t.Context(), cfg, audit.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"escalation: makes access keys of other users: iam:CreateAccessKey"}, rules(report, "R"))
}

// TestOnTheWire runs against moto.
func TestOnTheWire(t *testing.T) {
	cfg := kindtest.Wire(t)
	c := iam.NewFromConfig(cfg)
	name := aws.String("ZeroTrustAudited")
	_, err := c.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: name, AssumeRolePolicyDocument: aws.String(fmt.Sprintf(anybody, ""))})
	require.NoError(t, err)
	_, err = c.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("p"), PolicyDocument: aws.String(allow("*", "iam:PassRole", "ec2:RunInstances"))})
	require.NoError(t, err)
	report, err := audit.Run(t.Context(), cfg, audit.Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"public-trust: trusts everybody", "escalation: starts an instance with any role: iam:PassRole + ec2:RunInstances"}, rules(report, *name))
	require.Equal(t, 1, report.Roles)
}

func TestOptionsAreCheckedBeforeTheFirstCall(t *testing.T) {
	cloud := newCloud()
	_, err := audit.Run(t.Context(), cloud.Config(), audit.Options{Accounts: []string{"1", "x"}, UnusedAfter: -1})
	for _, want := range []string{`"1" is no account`, `"x" is no account`, "can't be negative"} {
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, cloud.Calls())
}

func Example() {
	ctx, cloud := context.Background(), newCloud()
	c := iam.NewFromConfig(cloud.Config())
	if _, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("Scanner"), AssumeRolePolicyDocument: aws.String(fmt.Sprintf(vendor, ""))}); err != nil {
		fmt.Println(err)
		return
	}
	report, err := audit.Run(ctx, cloud.Config(), audit.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range report.Findings {
		if f.Rule == "no-external-id" {
			fmt.Println(f.Severity, f.Entity, f.Message)
		}
	}
	// Output: HIGH arn:aws:iam::123456789012:role/Scanner trusts the account 210987654321 without an external id
}
