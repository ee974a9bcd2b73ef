package iam_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// rejected lists what Check finds wrong, as "attribute: message".
func rejected(t *testing.T, r ...ztcore.Resource) []string {
	t.Helper()
	err := ztcore.NewBaseline("checks", r...).Check()
	var invalid *ztcore.InvalidError
	if !errors.As(err, &invalid) {
		require.NoError(t, err)
	}
	var out []string
	if invalid != nil {
		for _, f := range invalid.Findings {
			require.NotEmpty(t, f.Fix, "%s: no way out is given", f.Message)
			out = append(out, f.Attribute+": "+f.Message)
		}
	}
	return out
}

var (
	ec2      = policy.Service("ec2.amazonaws.com")
	readLogs = policy.Allow("logs:GetLogEvents").On("arn:aws:logs:us-east-1:123456789012:log-group:app:*")
)

func manyARNs(n int) []id.PolicyARN {
	out := make([]id.PolicyARN, n)
	for i := range out {
		out[i] = iam.AWSManaged("Policy" + strings.Repeat("x", i))
	}
	return out
}

func TestWhatIAMRefusesIsFoundBeforeAnyCall(t *testing.T) {
	long := func(n int) string { return strings.Repeat("n", n) }
	sized := func(size int, class policy.Class) policy.Document {
		d := policy.Allow("s3:GetObject").On("arn:aws:s3:::b/")
		return policy.Allow("s3:GetObject").On(id.ARN("arn:aws:s3:::b/" + long(size-d.Size(class))))
	}
	role := func(change func(*iam.Role)) iam.Role {
		r := iam.Role{Name: "R", TrustedBy: ec2}
		change(&r)
		return r
	}
	for name, c := range map[string]struct {
		resource ztcore.Resource
		want     string // "" if it is sound
	}{
		"role":                     {role(func(*iam.Role) {}), ""},
		"role name at the limit":   {role(func(r *iam.Role) { r.Name = long(64) }), ""},
		"role name over it":        {role(func(r *iam.Role) { r.Name = long(65) }), "Name: "},
		"role name with a space":   {role(func(r *iam.Role) { r.Name = "my role" }), "Name: "},
		"path":                     {role(func(r *iam.Role) { r.Path = "/service/app/" }), ""},
		"path without end":         {role(func(r *iam.Role) { r.Path = "/service" }), "Path: "},
		"path over 512":            {role(func(r *iam.Role) { r.Path = "/" + long(511) + "/" }), "Path: "},
		"two slashes in a path":    {role(func(r *iam.Role) { r.Path = "/a//b/" }), `Path: "/a//b/" is no path`},
		"AWS's own path":           {role(func(r *iam.Role) { r.Path = "/aws-service-role/x/" }), "Path: only AWS"},
		"description of 1000":      {role(func(r *iam.Role) { r.Description = long(1000) }), ""},
		"description of 1001":      {role(func(r *iam.Role) { r.Description = long(1001) }), "Description: "},
		"session of 3600 s":        {role(func(r *iam.Role) { r.MaxSession = 3600 * time.Second }), ""},
		"session of 3599 s":        {role(func(r *iam.Role) { r.MaxSession = 3599 * time.Second }), "MaxSession: "},
		"session of 43200 s":       {role(func(r *iam.Role) { r.MaxSession = 43200 * time.Second }), ""},
		"session of 43201 s":       {role(func(r *iam.Role) { r.MaxSession = 43201 * time.Second }), "MaxSession: "},
		"session of half a second": {role(func(r *iam.Role) { r.MaxSession = time.Hour + time.Second/2 }), "MaxSession: "},
		"nobody trusted":           {iam.Role{Name: "R"}, "Trust: nobody"},
		"trusted twice":            {role(func(r *iam.Role) { r.Trust = policy.Trust(ec2) }), "Role R: both"},
		"inline twice":             {role(func(r *iam.Role) { r.Inline = readLogs; r.InlinePolicies = map[string]policy.Document{"R": readLogs} }), "Role R: InlinePolicies has"},
		"names that IAM confuses":  {ztcore.List{iam.User{Name: "Ann"}, iam.User{Name: "ann"}}, "Name: \"ann\" differs from \"Ann\" in case only"},
		"trust with a resource":    {iam.Role{Name: "R", Trust: policy.Trust(ec2).OnAny()}, "Trust.Statement[0].Resource: "},
		"inline without resource":  {role(func(r *iam.Role) { r.Inline = policy.Allow("s3:GetObject") }), "Members[R].Statement[0].Resource: "},
		"empty inline policy":      {role(func(r *iam.Role) { r.InlinePolicies = map[string]policy.Document{"none": {}} }), "Members[none]: the document is empty"},
		"inline policy's name":     {role(func(r *iam.Role) { r.InlinePolicies = map[string]policy.Document{"a b": readLogs} }), "Members[a b]: "},
		"role inline of 10240":     {role(func(r *iam.Role) { r.Inline = sized(10240, policy.InlineRole) }), ""},
		"role inline of 10241":     {role(func(r *iam.Role) { r.Inline = sized(10241, policy.InlineRole) }), "Members[R]"},
		"role inline in sum": {role(func(r *iam.Role) {
			r.Inline = sized(10000, policy.InlineRole)
			r.InlinePolicies = map[string]policy.Document{"more": sized(241, policy.InlineRole)}
		}), "Members: the inline policies together"},
		"user inline of 2048":     {iam.User{Name: "U", Inline: map[string]policy.Document{"S3": sized(2048, policy.InlineUser)}}, ""},
		"user inline of 2049":     {iam.User{Name: "U", Inline: map[string]policy.Document{"S3": sized(2049, policy.InlineUser)}}, "Members[S3]"},
		"group inline of 5121":    {iam.Group{Name: "G", Inline: map[string]policy.Document{"S3": sized(5121, policy.InlineGroup)}}, "Members[S3]"},
		"boundary":                {role(func(r *iam.Role) { r.Boundary = "arn:aws:iam::123456789012:policy/limits" }), ""},
		"boundary that is no ARN": {role(func(r *iam.Role) { r.Boundary = "limits" }), "Boundary: "},
		"boundary that is a role": {iam.User{Name: "U", Boundary: "arn:aws:iam::123456789012:role/limits"}, "Boundary: "},
		"no boundary":             {iam.User{Name: "U", Boundary: iam.NoBoundary}, ""},
		"attached by name":        {role(func(r *iam.Role) { r.Attached = []id.PolicyARN{"ReadOnlyAccess"} }), "Attached: "},
		"attached nothing":        {role(func(r *iam.Role) { r.Attached = []id.PolicyARN{""} }), "Attached: "},
		"attached twice":          {role(func(r *iam.Role) { r.Attached = []id.PolicyARN{iam.AWSManaged("A"), iam.AWSManaged("A")} }), "Members: "},
		"user name of 65":         {iam.User{Name: long(65)}, "Name: "},
		"group name of 128":       {iam.Group{Name: long(128)}, ""},
		"group name of 129":       {iam.Group{Name: long(129)}, "Name: "},
		"policy of 6144":          {iam.Policy{Name: "P", Document: sized(6144, policy.Identity)}, ""},
		"policy of 6145":          {iam.Policy{Name: "P", Document: sized(6145, policy.Identity)}, "Document: "},
		"policy without document": {iam.Policy{Name: "P"}, "Document: the document is empty"},
		"policy with principal":   {iam.Policy{Name: "P", Document: readLogs.To(ec2)}, "Document.Statement[0].Principal: "},
		"profile name":            {iam.InstanceProfile{Name: "a/b"}, "Name: "},
		"password of 5":           {iam.PasswordPolicy{MinimumLength: 5}, "MinimumLength: "},
		"password of 129":         {iam.PasswordPolicy{MinimumLength: 129}, "MinimumLength: "},
		"25 former passwords":     {iam.PasswordPolicy{ReusePrevention: 25}, "ReusePrevention: "},
		"password for 1096 days":  {iam.PasswordPolicy{MaxAgeDays: 1096}, "MaxAgeDays: "},
		"alias":                   {iam.AccountAlias("acme-prod"), ""},
		"alias in capitals":       {iam.AccountAlias("Acme"), "Alias: "},
		"alias with two hyphens":  {iam.AccountAlias("acme--prod"), "Alias: "},
		"alias of 64":             {iam.AccountAlias(long(64)), "Alias: "},
		"provider by http":        {iam.OIDCProvider{URL: "http://idp.example.com", Audiences: []string{"a"}}, "OIDCProvider http://idp.example.com: "},
		"provider with port":      {iam.OIDCProvider{URL: "https://idp.example.com:8443", Audiences: []string{"a"}}, "URL: "},
		"provider for nobody":     {iam.OIDCProvider{URL: "https://idp.example.com"}, "Audiences: "},
		"thumbprint of SHA-256":   {iam.OIDCProvider{URL: "https://idp.example.com", Audiences: []string{"a"}, Thumbprints: []string{long(64)}}, "Thumbprints: "},
		"short metadata":          {iam.SAMLProvider{Name: "idp", Metadata: "<xml/>"}, "Metadata: "},
	} {
		t.Run(name, func(t *testing.T) {
			found := rejected(t, c.resource)
			if c.want == "" {
				require.Empty(t, found)
				return
			}
			require.True(t, strings.HasPrefix(strings.Join(found, "\n"), c.want) || strings.Contains(strings.Join(found, "\n"), "\n"+c.want), "%q is not among %q", c.want, found)
		})
	}
}

func TestBoundaryIsNotAttached(t *testing.T) {
	p := iam.Policy{Name: "limits", Document: policy.Allow("*").OnAny(), Boundary: true}
	require.Empty(t, rejected(t, p, iam.Role{Name: "R", TrustedBy: ec2, Boundary: p.ARN()}))
	require.Equal(t, []string{"Attached: limits is a permissions boundary, and would give what it is to limit"},
		rejected(t, p, iam.Role{Name: "R", TrustedBy: ec2, Attached: []id.PolicyARN{p.ARN()}}))
}

func TestAllFaultsAreReportedAtOnce(t *testing.T) {
	require.Len(t, rejected(t,
		iam.Role{Name: "a", Path: "x", MaxSession: time.Minute, TrustedBy: ec2},
		iam.User{Name: "b", Boundary: "c"},
		iam.AccountAlias("No"),
	), 4)
}
