package fakeaccessanalyzer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeaccessanalyzer"
)

var ctx = context.Background()

func client() (*fakeaws.Cloud, *accessanalyzer.Client) {
	cloud := fakeaws.New(fakeaccessanalyzer.Install)
	return cloud, accessanalyzer.NewFromConfig(cloud.Config())
}

func create(t *testing.T, c *accessanalyzer.Client, name string, kind types.Type) string {
	t.Helper()
	out, err := c.CreateAnalyzer(ctx, &accessanalyzer.CreateAnalyzerInput{AnalyzerName: &name, Type: kind})
	require.NoError(t, err)
	return *out.Arn
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func TestAnalyzerGetsAWSsDefaults(t *testing.T) {
	_, c := client()
	arn := create(t, c, "account", types.TypeAccount)
	require.Equal(t, "arn:aws:access-analyzer:us-east-1:123456789012:analyzer/account", arn)
	got, err := c.GetAnalyzer(ctx, &accessanalyzer.GetAnalyzerInput{AnalyzerName: aws.String("account")})
	require.NoError(t, err)
	require.Equal(t, types.AnalyzerStatusActive, got.Analyzer.Status)
	require.Nil(t, got.Analyzer.Configuration)
	require.Empty(t, got.Analyzer.Tags)

	create(t, c, "unused", types.TypeAccountUnusedAccess)
	got, err = c.GetAnalyzer(ctx, &accessanalyzer.GetAnalyzerInput{AnalyzerName: aws.String("unused")})
	require.NoError(t, err)
	unused, ok := got.Analyzer.Configuration.(*types.AnalyzerConfigurationMemberUnusedAccess)
	require.True(t, ok)
	require.EqualValues(t, 90, *unused.Value.UnusedAccessAge)
	require.Nil(t, unused.Value.AnalysisRule)
}

func TestConfigurationIsReplaced(t *testing.T) {
	_, c := client()
	create(t, c, "unused", types.TypeAccountUnusedAccess)
	out, err := c.UpdateAnalyzer(ctx, &accessanalyzer.UpdateAnalyzerInput{AnalyzerName: aws.String("unused"), Configuration: &types.AnalyzerConfigurationMemberUnusedAccess{
		Value: types.UnusedAccessConfiguration{UnusedAccessAge: aws.Int32(30), AnalysisRule: &types.AnalysisRule{
			Exclusions: []types.AnalysisRuleCriteria{{ResourceTags: []map[string]string{{"team": "a"}}}},
		}},
	}})
	require.NoError(t, err)
	got := out.Configuration.(*types.AnalyzerConfigurationMemberUnusedAccess).Value
	require.EqualValues(t, 30, *got.UnusedAccessAge)
	require.Equal(t, "a", got.AnalysisRule.Exclusions[0].ResourceTags[0]["team"])
}

func TestClientTokenReturnsTheSameAnalyzer(t *testing.T) {
	cloud, c := client()
	cloud.Inject(t, &fakeaws.Fault{Operation: "CreateAnalyzer", Times: 1, After: fakeaws.Lost()})
	require.NotEmpty(t, create(t, c, "account", types.TypeAccount), "the SDK tries again with the same token")

	in := &accessanalyzer.CreateAnalyzerInput{AnalyzerName: aws.String("unused"), Type: types.TypeAccountUnusedAccess, ClientToken: aws.String("token")}
	for range 2 {
		_, err := c.CreateAnalyzer(ctx, in)
		require.NoError(t, err)
	}
	in.AnalyzerName = aws.String("other")
	_, err := c.CreateAnalyzer(ctx, in)
	require.Equal(t, "ConflictException", code(err))
}

func TestArchiveRuleComesBackUntilItIsDeleted(t *testing.T) {
	_, c := client()
	create(t, c, "account", types.TypeAccount)
	filter := map[string]types.Criterion{"principal.AWS": {Eq: []string{"210987654321"}}}
	_, err := c.CreateArchiveRule(ctx, &accessanalyzer.CreateArchiveRuleInput{AnalyzerName: aws.String("account"), RuleName: aws.String("partner"), Filter: filter})
	require.NoError(t, err)
	get := &accessanalyzer.GetArchiveRuleInput{AnalyzerName: aws.String("account"), RuleName: aws.String("partner")}
	got, err := c.GetArchiveRule(ctx, get)
	require.NoError(t, err)
	require.Equal(t, filter, got.ArchiveRule.Filter)
	got.ArchiveRule.Filter["principal.AWS"].Eq[0] = "changed by the caller"

	changed := map[string]types.Criterion{"isPublic": {Eq: []string{"false"}}, "error": {Exists: aws.Bool(false)}}
	again, err := c.GetArchiveRule(ctx, get)
	require.NoError(t, err)
	require.Equal(t, filter, again.ArchiveRule.Filter)
	_, err = c.UpdateArchiveRule(ctx, &accessanalyzer.UpdateArchiveRuleInput{AnalyzerName: aws.String("account"), RuleName: aws.String("partner"), Filter: changed})
	require.NoError(t, err)
	listed, err := c.ListArchiveRules(ctx, &accessanalyzer.ListArchiveRulesInput{AnalyzerName: aws.String("account")})
	require.NoError(t, err)
	require.Len(t, listed.ArchiveRules, 1)
	require.Equal(t, changed, listed.ArchiveRules[0].Filter)
	_, err = c.DeleteArchiveRule(ctx, &accessanalyzer.DeleteArchiveRuleInput{AnalyzerName: aws.String("account"), RuleName: aws.String("partner")})
	require.NoError(t, err)
	_, err = c.GetArchiveRule(ctx, get)
	require.Equal(t, "ResourceNotFoundException", code(err))
}

func TestTags(t *testing.T) {
	_, c := client()
	arn := create(t, c, "account", types.TypeAccount)
	_, err := c.TagResource(ctx, &accessanalyzer.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"a": "1", "b": "2"}})
	require.NoError(t, err)
	_, err = c.UntagResource(ctx, &accessanalyzer.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a", "absent"}})
	require.NoError(t, err)
	tags, err := c.ListTagsForResource(ctx, &accessanalyzer.ListTagsForResourceInput{ResourceArn: &arn})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"b": "2"}, tags.Tags)
	listed, err := c.ListAnalyzers(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, tags.Tags, listed.Analyzers[0].Tags)
}

func TestListsPage(t *testing.T) {
	cloud, c := client()
	cloud.SetPageSize(1)
	for i := range 3 {
		create(t, c, fmt.Sprintf("org-%d", i), types.TypeOrganization)
	}
	create(t, c, "account", types.TypeAccount)
	var names []string
	for p := accessanalyzer.NewListAnalyzersPaginator(c, &accessanalyzer.ListAnalyzersInput{Type: types.TypeOrganization}); p.HasMorePages(); {
		out, err := p.NextPage(ctx)
		require.NoError(t, err)
		require.Len(t, out.Analyzers, 1)
		names = append(names, *out.Analyzers[0].Name)
	}
	require.Equal(t, []string{"org-0", "org-1", "org-2"}, names)
	_, err := c.ListAnalyzers(ctx, &accessanalyzer.ListAnalyzersInput{NextToken: aws.String("bad")})
	require.Equal(t, "ValidationException", code(err))
}

func TestRegionsAreApart(t *testing.T) {
	cloud, c := client()
	create(t, c, "account", types.TypeAccount)
	elsewhere := accessanalyzer.NewFromConfig(cloud.ConfigFor(fakeaws.DefaultAccount, "eu-central-1"))
	create(t, elsewhere, "account", types.TypeAccount)
	findings, err := elsewhere.ListFindingsV2(ctx, &accessanalyzer.ListFindingsV2Input{AnalyzerArn: aws.String("arn:aws:access-analyzer:eu-central-1:123456789012:analyzer/account")})
	require.NoError(t, err)
	require.Empty(t, findings.Findings)
}

func TestRefusals(t *testing.T) {
	_, c := client()
	arn := create(t, c, "account", types.TypeAccount)
	create(t, c, "unused", types.TypeAccountUnusedAccess)
	add := func(in accessanalyzer.CreateAnalyzerInput) error {
		_, err := c.CreateAnalyzer(ctx, &in)
		return err
	}
	rule := func(name string, filter map[string]types.Criterion) error {
		_, err := c.CreateArchiveRule(ctx, &accessanalyzer.CreateArchiveRuleInput{AnalyzerName: aws.String("account"), RuleName: &name, Filter: filter})
		return err
	}
	fine := map[string]types.Criterion{"isPublic": {Eq: []string{"true"}}}
	require.NoError(t, rule("there", fine))
	unusedFor := func(days int32) types.AnalyzerConfiguration {
		return &types.AnalyzerConfigurationMemberUnusedAccess{Value: types.UnusedAccessConfiguration{UnusedAccessAge: &days}}
	}
	for name, c := range map[string]struct {
		err    error
		code   string
		status int
	}{
		// "You can create only one analyzer per account per Region", CreateAnalyzer's Type
		"a second analyzer": {add(accessanalyzer.CreateAnalyzerInput{AnalyzerName: aws.String("second"), Type: types.TypeAccount}), "ServiceQuotaExceededException", 402},
		// API_CreateAnalyzer, Errors: ConflictException (409)
		"a name twice": {add(accessanalyzer.CreateAnalyzerInput{AnalyzerName: aws.String("account"), Type: types.TypeOrganization}), "ConflictException", 409},
		// API_CreateAnalyzer, pattern of analyzerName
		"a bad name": {add(accessanalyzer.CreateAnalyzerInput{AnalyzerName: aws.String("1st"), Type: types.TypeOrganization}), "ValidationException", 400},
		// API_CreateAnalyzer, valid values of type
		"a bad type": {add(accessanalyzer.CreateAnalyzerInput{AnalyzerName: aws.String("x"), Type: "GALAXY"}), "ValidationException", 400},
		// API_UnusedAccessConfiguration: between 1 and 365
		"a bad age": {add(accessanalyzer.CreateAnalyzerInput{AnalyzerName: aws.String("x"), Type: types.TypeOrganizationUnusedAccess, Configuration: unusedFor(366)}), "ValidationException", 400},
		// API_CreateAnalyzer: the configuration is of unused and internal access analyzers
		"a configuration that does not fit": {add(accessanalyzer.CreateAnalyzerInput{AnalyzerName: aws.String("x"), Type: types.TypeOrganization, Configuration: unusedFor(30)}), "ValidationException", 400},
		// API_CreateAnalyzer, tags: "cannot be prefixed with aws:"
		"a reserved tag": {add(accessanalyzer.CreateAnalyzerInput{AnalyzerName: aws.String("x"), Type: types.TypeOrganization, Tags: map[string]string{"aws:x": ""}}), "ValidationException", 400},
		"a rule twice":   {rule("there", fine), "ConflictException", 409},
		// API_CreateArchiveRule, filter; API_Criterion: 1 to 20 items
		"an empty filter":    {rule("x", map[string]types.Criterion{}), "ValidationException", 400},
		"an empty criterion": {rule("x", map[string]types.Criterion{"isPublic": {}}), "ValidationException", 400},
		"too many values":    {rule("x", map[string]types.Criterion{"resource": {Eq: strings.Split(strings.Repeat("a,", 21), ",")}}), "ValidationException", 400},
		"findings of nothing": {func() error {
			_, err := c.ListFindingsV2(ctx, &accessanalyzer.ListFindingsV2Input{AnalyzerArn: aws.String(arn + "x")})
			return err
		}(), "ResourceNotFoundException", 404},
		// API_UpdateAnalyzer: "not supported for external access analyzers"
		"an update of external access": {func() error {
			_, err := c.UpdateAnalyzer(ctx, &accessanalyzer.UpdateAnalyzerInput{AnalyzerName: aws.String("account")})
			return err
		}(), "ValidationException", 400},
		"a deletion of nothing": {func() error {
			_, err := c.DeleteAnalyzer(ctx, &accessanalyzer.DeleteAnalyzerInput{AnalyzerName: aws.String("absent")})
			return err
		}(), "ResourceNotFoundException", 404},
	} {
		require.Equal(t, c.code, code(c.err), "%s: %v", name, c.err)
		var response *awshttp.ResponseError
		require.ErrorAs(t, c.err, &response, name)
		require.Equal(t, c.status, response.HTTPStatusCode(), name)
		require.NotEmpty(t, response.ServiceRequestID(), name)
	}
	_, err := c.DeleteAnalyzer(ctx, &accessanalyzer.DeleteAnalyzerInput{AnalyzerName: aws.String("account")})
	require.NoError(t, err)
	require.NoError(t, add(accessanalyzer.CreateAnalyzerInput{AnalyzerName: aws.String("second"), Type: types.TypeAccount}), "the quota is free again")
}
