package fakessm_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakessm"
)

var ctx = context.Background()

func client() (*fakeaws.Cloud, *ssm.Client) {
	cloud := fakeaws.New(fakessm.Install, fakeiam.Install, fakekms.Install)
	return cloud, ssm.NewFromConfig(cloud.Config())
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return fmt.Sprint(err)
}

func second[O any](_ O, err error) error { return err }

func rule(key types.PatchFilterKey, values ...string) *types.PatchRuleGroup {
	return &types.PatchRuleGroup{PatchRules: []types.PatchRule{{
		ApproveAfterDays: aws.Int32(7), PatchFilterGroup: &types.PatchFilterGroup{PatchFilters: []types.PatchFilter{{Key: key, Values: values}}},
	}}}
}

func newBaseline(t *testing.T, c *ssm.Client, name string) string {
	t.Helper()
	out, err := c.CreatePatchBaseline(ctx, &ssm.CreatePatchBaselineInput{
		Name: &name, OperatingSystem: types.OperatingSystemAmazonLinux2023, ApprovalRules: rule(types.PatchFilterKeyClassification, "Security"),
	})
	require.NoError(t, err)
	return *out.BaselineId
}

const runbook = `{"schemaVersion":"0.3","assumeRole":"{{ AutomationAssumeRole }}","parameters":{"InstanceId":{"type":"String"},"AutomationAssumeRole":{"type":"String","default":""}},
"mainSteps":[{"name":"stop","action":"aws:executeAwsApi","inputs":{"Service":"ec2","Api":"StopInstances","InstanceIds":["{{ InstanceId }}"]}}]}`

func newDocument(t *testing.T, c *ssm.Client, name, content string) {
	t.Helper()
	_, err := c.CreateDocument(ctx, &ssm.CreateDocumentInput{Name: &name, Content: &content, DocumentType: types.DocumentTypeAutomation})
	require.NoError(t, err)
}

func patching() *ssm.CreateAssociationInput {
	return &ssm.CreateAssociationInput{
		Name: aws.String("AWS-RunPatchBaseline"), AssociationName: aws.String("patch"), Parameters: map[string][]string{"Operation": {"Install"}},
		Targets: []types.Target{{Key: aws.String("tag:PatchGroup"), Values: []string{"web"}}}, ScheduleExpression: aws.String("cron(0 3 ? * SUN *)"),
	}
}

// The guide's baseline names no operating system, so that it is one for Windows, with Windows' classification.
func TestBaselineOfTheGuideIsOneForWindows(t *testing.T) {
	_, c := client()
	made, err := c.CreatePatchBaseline(ctx, &ssm.CreatePatchBaselineInput{Name: aws.String("MyPatchBaseline"), ApprovalRules: rule(types.PatchFilterKeyClassification, "SecurityUpdates")})
	require.NoError(t, err)
	got, err := c.GetPatchBaseline(ctx, &ssm.GetPatchBaselineInput{BaselineId: made.BaselineId})
	require.NoError(t, err)
	require.Equal(t, types.OperatingSystemWindows, got.OperatingSystem)
	require.Equal(t, types.PatchComplianceLevelUnspecified, got.ApprovedPatchesComplianceLevel)
	require.Equal(t, types.PatchActionAllowAsDependency, got.RejectedPatchesAction)
	require.Equal(t, types.PatchComplianceLevelUnspecified, got.ApprovalRules.PatchRules[0].ComplianceLevel)
	_, err = c.CreatePatchBaseline(ctx, &ssm.CreatePatchBaselineInput{Name: aws.String("MyPatchBaseline"), OperatingSystem: types.OperatingSystemAmazonLinux2023, ApprovalRules: rule(types.PatchFilterKeyClassification, "SecurityUpdates")})
	require.ErrorContains(t, err, "Invalid Filter Value: SecurityUpdates for Key: CLASSIFICATION, valid values are: Security, ")
}

func TestBaselineUpdates(t *testing.T) {
	_, c := client()
	id := newBaseline(t, c, "linux")
	_, err := c.UpdatePatchBaseline(ctx, &ssm.UpdatePatchBaselineInput{BaselineId: &id, Description: aws.String("d"), RejectedPatches: []string{"telnet*"}})
	require.NoError(t, err)
	got, err := c.GetPatchBaseline(ctx, &ssm.GetPatchBaselineInput{BaselineId: &id})
	require.NoError(t, err)
	require.Len(t, got.ApprovalRules.PatchRules, 1, "what is not given stays")
	require.Equal(t, []string{"telnet*"}, got.RejectedPatches)
	_, err = c.UpdatePatchBaseline(ctx, &ssm.UpdatePatchBaselineInput{BaselineId: &id, Name: aws.String("linux"), Replace: aws.Bool(true)})
	require.NoError(t, err)
	got, err = c.GetPatchBaseline(ctx, &ssm.GetPatchBaselineInput{BaselineId: &id})
	require.NoError(t, err)
	require.Empty(t, got.ApprovalRules.PatchRules)
	require.Empty(t, got.RejectedPatches)
	require.Nil(t, got.Description)
}

func TestGroupsAndDefaults(t *testing.T) {
	_, c := client()
	one, two := newBaseline(t, c, "one"), newBaseline(t, c, "two")
	get := func() string {
		out, err := c.GetPatchBaselineForPatchGroup(ctx, &ssm.GetPatchBaselineForPatchGroupInput{PatchGroup: aws.String("web"), OperatingSystem: types.OperatingSystemAmazonLinux2023})
		require.NoError(t, err)
		return *out.BaselineId
	}
	require.Regexp(t, `^arn:aws:ssm:us-east-1:\d{12}:patchbaseline/pb-[0-9a-f]{17}$`, get(), "AWS's default")
	_, err := c.RegisterDefaultPatchBaseline(ctx, &ssm.RegisterDefaultPatchBaselineInput{BaselineId: &two})
	require.NoError(t, err)
	require.Equal(t, two, get())
	_, err = c.RegisterPatchBaselineForPatchGroup(ctx, &ssm.RegisterPatchBaselineForPatchGroupInput{BaselineId: &one, PatchGroup: aws.String("web")})
	require.NoError(t, err)
	require.Equal(t, one, get())
	groups, err := c.DescribePatchGroups(ctx, &ssm.DescribePatchGroupsInput{Filters: []types.PatchOrchestratorFilter{{Key: aws.String("OPERATING_SYSTEM"), Values: []string{"AMAZON_LINUX_2023"}}}})
	require.NoError(t, err)
	require.Equal(t, one, *groups.Mappings[0].BaselineIdentity.BaselineId)
	require.Equal(t, "AlreadyExistsException", code(second(c.RegisterPatchBaselineForPatchGroup(ctx, &ssm.RegisterPatchBaselineForPatchGroupInput{BaselineId: &two, PatchGroup: aws.String("web")}))))
	for _, id := range []string{one, two} {
		var used *types.ResourceInUseException
		require.ErrorAs(t, second(c.DeletePatchBaseline(ctx, &ssm.DeletePatchBaselineInput{BaselineId: &id})), &used)
	}
	_, err = c.DeregisterPatchBaselineForPatchGroup(ctx, &ssm.DeregisterPatchBaselineForPatchGroupInput{BaselineId: &one, PatchGroup: aws.String("web")})
	require.NoError(t, err)
	_, err = c.DeletePatchBaseline(ctx, &ssm.DeletePatchBaselineInput{BaselineId: &one})
	require.NoError(t, err)
	owned, err := c.DescribePatchBaselines(ctx, &ssm.DescribePatchBaselinesInput{Filters: []types.PatchOrchestratorFilter{{Key: aws.String("OWNER"), Values: []string{"Self"}}}})
	require.NoError(t, err)
	require.Len(t, owned.BaselineIdentities, 1)
	require.True(t, owned.BaselineIdentities[0].DefaultBaseline)
}

func TestDocumentVersions(t *testing.T) {
	_, c := client()
	newDocument(t, c, "Contain", runbook)
	update := &ssm.UpdateDocumentInput{Name: aws.String("Contain"), Content: aws.String(runbook + " "), DocumentVersion: aws.String("$LATEST")}
	made, err := c.UpdateDocument(ctx, update)
	require.NoError(t, err)
	require.Equal(t, "2", *made.DocumentDescription.LatestVersion)
	require.Equal(t, "1", *made.DocumentDescription.DefaultVersion, "an update leaves the default version alone")
	require.Equal(t, "DuplicateDocumentContent", code(second(c.UpdateDocument(ctx, update))))
	_, err = c.UpdateDocumentDefaultVersion(ctx, &ssm.UpdateDocumentDefaultVersionInput{Name: aws.String("Contain"), DocumentVersion: aws.String("2")})
	require.NoError(t, err)
	got, err := c.GetDocument(ctx, &ssm.GetDocumentInput{Name: aws.String("Contain")})
	require.NoError(t, err)
	require.Equal(t, runbook+" ", *got.Content)
	about, err := c.DescribeDocument(ctx, &ssm.DescribeDocumentInput{Name: aws.String("arn:aws:ssm:us-east-1:123456789012:document/Contain")})
	require.NoError(t, err)
	require.Len(t, about.Document.Parameters, 2)

	_, err = c.ModifyDocumentPermission(ctx, &ssm.ModifyDocumentPermissionInput{Name: aws.String("Contain"), PermissionType: types.DocumentPermissionTypeShare, AccountIdsToAdd: []string{"111122223333"}})
	require.NoError(t, err)
	require.Equal(t, "InvalidDocumentOperation", code(second(c.DeleteDocument(ctx, &ssm.DeleteDocumentInput{Name: aws.String("Contain")}))))
	shared, err := c.DescribeDocumentPermission(ctx, &ssm.DescribeDocumentPermissionInput{Name: aws.String("Contain"), PermissionType: types.DocumentPermissionTypeShare})
	require.NoError(t, err)
	require.Equal(t, []string{"111122223333"}, shared.AccountIds)
}

func TestDocumentIsSharedWithAnotherAccount(t *testing.T) {
	cloud, c := client()
	newDocument(t, c, "Contain", runbook)
	other := ssm.NewFromConfig(cloud.ConfigFor("111122223333", "us-east-1"))
	arn := aws.String("arn:aws:ssm:us-east-1:123456789012:document/Contain")
	require.Equal(t, "InvalidDocument", code(second(other.GetDocument(ctx, &ssm.GetDocumentInput{Name: arn}))))
	_, err := c.ModifyDocumentPermission(ctx, &ssm.ModifyDocumentPermissionInput{Name: aws.String("Contain"), PermissionType: types.DocumentPermissionTypeShare, AccountIdsToAdd: []string{"111122223333"}})
	require.NoError(t, err)
	require.NoError(t, second(other.GetDocument(ctx, &ssm.GetDocumentInput{Name: arn})))
	_, err = c.UpdateServiceSetting(ctx, &ssm.UpdateServiceSettingInput{SettingId: aws.String("/ssm/documents/console/public-sharing-permission"), SettingValue: aws.String("Disable")})
	require.NoError(t, err)
	require.Equal(t, "InvalidDocumentOperation", code(second(c.ModifyDocumentPermission(ctx, &ssm.ModifyDocumentPermissionInput{Name: aws.String("Contain"), PermissionType: types.DocumentPermissionTypeShare, AccountIdsToAdd: []string{"All"}}))))
}

func TestAssociationVersions(t *testing.T) {
	_, c := client()
	made, err := c.CreateAssociation(ctx, patching())
	require.NoError(t, err)
	d := made.AssociationDescription
	require.Equal(t, "1", *d.AssociationVersion)
	require.Equal(t, "$DEFAULT", *d.DocumentVersion)
	require.Equal(t, types.AssociationSyncComplianceAuto, d.SyncCompliance)
	_, err = c.UpdateAssociation(ctx, &ssm.UpdateAssociationInput{AssociationId: d.AssociationId, Parameters: map[string][]string{"Operation": {"Scan"}}, Targets: d.Targets})
	require.NoError(t, err)
	got, err := c.DescribeAssociation(ctx, &ssm.DescribeAssociationInput{AssociationId: d.AssociationId})
	require.NoError(t, err)
	require.Equal(t, "2", *got.AssociationDescription.AssociationVersion)
	require.Nil(t, got.AssociationDescription.ScheduleExpression, "what an update does not give is gone")
	require.Equal(t, "AWS-RunPatchBaseline", *got.AssociationDescription.Name)
	first, err := c.DescribeAssociation(ctx, &ssm.DescribeAssociationInput{AssociationId: d.AssociationId, AssociationVersion: aws.String("1")})
	require.NoError(t, err)
	require.Equal(t, "cron(0 3 ? * SUN *)", *first.AssociationDescription.ScheduleExpression)
	versions, err := c.ListAssociationVersions(ctx, &ssm.ListAssociationVersionsInput{AssociationId: d.AssociationId})
	require.NoError(t, err)
	require.Len(t, versions.AssociationVersions, 2)
	_, err = c.DeleteAssociation(ctx, &ssm.DeleteAssociationInput{AssociationId: d.AssociationId})
	require.NoError(t, err)
	require.Equal(t, "AssociationDoesNotExist", code(second(c.DescribeAssociation(ctx, &ssm.DescribeAssociationInput{AssociationId: d.AssociationId}))))
}

func TestAutomationRunsForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := client()
		newDocument(t, c, "Contain", runbook)
		in := &ssm.StartAutomationExecutionInput{
			DocumentName: aws.String("Contain"), Parameters: map[string][]string{"InstanceId": {"i-0123456789abcdef0"}}, ClientToken: aws.String("01234567-89ab-cdef-0123-456789abcdef"),
		}
		started, err := c.StartAutomationExecution(ctx, in)
		require.NoError(t, err)
		again, err := c.StartAutomationExecution(ctx, in)
		require.NoError(t, err)
		require.Equal(t, *started.AutomationExecutionId, *again.AutomationExecutionId)
		get := &ssm.GetAutomationExecutionInput{AutomationExecutionId: started.AutomationExecutionId}
		got, err := c.GetAutomationExecution(ctx, get)
		require.NoError(t, err)
		require.Equal(t, types.AutomationExecutionStatusInprogress, got.AutomationExecution.AutomationExecutionStatus)
		time.Sleep(fakessm.RunFor)
		got, err = c.GetAutomationExecution(ctx, get)
		require.NoError(t, err)
		require.Equal(t, types.AutomationExecutionStatusSuccess, got.AutomationExecution.AutomationExecutionStatus)
		require.Equal(t, "stop", *got.AutomationExecution.StepExecutions[0].StepName)
		require.Equal(t, "InvalidAutomationStatusUpdateException", code(second(c.StopAutomationExecution(ctx, &ssm.StopAutomationExecutionInput{AutomationExecutionId: started.AutomationExecutionId}))))

		in.ClientToken = nil
		started, err = c.StartAutomationExecution(ctx, in)
		require.NoError(t, err)
		_, err = c.StopAutomationExecution(ctx, &ssm.StopAutomationExecutionInput{AutomationExecutionId: started.AutomationExecutionId})
		require.NoError(t, err)
		listed, err := c.DescribeAutomationExecutions(ctx, &ssm.DescribeAutomationExecutionsInput{Filters: []types.AutomationExecutionFilter{{Key: types.AutomationExecutionFilterKeyExecutionStatus, Values: []string{"Cancelled"}}}})
		require.NoError(t, err)
		require.Equal(t, *started.AutomationExecutionId, *listed.AutomationExecutionMetadataList[0].AutomationExecutionId)
	})
}

func TestAutomationNeedsItsRole(t *testing.T) {
	cloud, c := client()
	in := &ssm.StartAutomationExecutionInput{DocumentName: aws.String("AWS-StopEC2Instance"), Parameters: map[string][]string{
		"InstanceId": {"i-0123456789abcdef0"}, "AutomationAssumeRole": {"arn:aws:iam::123456789012:role/responder"},
	}}
	require.ErrorContains(t, second(c.StartAutomationExecution(ctx, in)), "The defined assume role is unable to be assumed.")
	_, err := iam.NewFromConfig(cloud.Config()).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("responder"), AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ssm.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
	require.NoError(t, err)
	require.NoError(t, second(c.StartAutomationExecution(ctx, in)))
}

// An event's rule starts a runbook.
func TestEventsStartAutomations(t *testing.T) {
	cloud, c := client()
	newDocument(t, c, "Contain", runbook)
	d := fakeaws.Delivery{Target: "arn:aws:ssm:us-east-1:123456789012:automation-definition/Contain:$DEFAULT", Role: "arn:aws:iam::123456789012:role/rule", Input: `{"InstanceId":["i-0123456789abcdef0"]}`}
	require.NoError(t, fakeaws.Deliver(ctx, cloud, d))
	listed, err := c.DescribeAutomationExecutions(ctx, &ssm.DescribeAutomationExecutionsInput{Filters: []types.AutomationExecutionFilter{{Key: types.AutomationExecutionFilterKeyDocumentNamePrefix, Values: []string{"Contain"}}}})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:iam::123456789012:role/rule", *listed.AutomationExecutionMetadataList[0].ExecutedBy)
	d.Input = `{"Instance":["i-0"]}`
	require.Equal(t, "InvalidAutomationExecutionParametersException", code(fakeaws.Deliver(ctx, cloud, d)))
	d.Target = "arn:aws:ssm:us-east-1:123456789012:automation-definition/Absent"
	require.Equal(t, "AutomationDefinitionNotFoundException", code(fakeaws.Deliver(ctx, cloud, d)))
}

func TestParameters(t *testing.T) {
	cloud, c := client()
	put := func(name, value string, kind types.ParameterType, overwrite bool) error {
		return second(c.PutParameter(ctx, &ssm.PutParameterInput{Name: &name, Value: &value, Type: kind, Overwrite: &overwrite}))
	}
	require.NoError(t, put("/app/db/password", "canary-77", types.ParameterTypeSecureString, false))
	require.NoError(t, put("/app/url", "a", types.ParameterTypeString, false))
	require.NoError(t, put("/app/url", "b", "", true))
	require.NotContains(t, cloud.Snapshot(), "canary-77")
	got, err := c.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/app/db/password"), WithDecryption: aws.Bool(true)})
	require.NoError(t, err)
	require.Equal(t, "canary-77", *got.Parameter.Value)
	got, err = c.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/app/db/password")})
	require.NoError(t, err)
	require.NotContains(t, *got.Parameter.Value, "canary-77")
	got, err = c.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/app/url:1")})
	require.NoError(t, err)
	require.Equal(t, "a", *got.Parameter.Value)
	_, err = c.LabelParameterVersion(ctx, &ssm.LabelParameterVersionInput{Name: aws.String("/app/url"), ParameterVersion: aws.Int64(1), Labels: []string{"live"}})
	require.NoError(t, err)
	got, err = c.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/app/url:live")})
	require.NoError(t, err)
	require.Equal(t, "a", *got.Parameter.Value)
	below, err := c.GetParametersByPath(ctx, &ssm.GetParametersByPathInput{Path: aws.String("/app")})
	require.NoError(t, err)
	require.Len(t, below.Parameters, 1)
	below, err = c.GetParametersByPath(ctx, &ssm.GetParametersByPathInput{Path: aws.String("/app"), Recursive: aws.Bool(true)})
	require.NoError(t, err)
	require.Len(t, below.Parameters, 2)
	deleted, err := c.DeleteParameters(ctx, &ssm.DeleteParametersInput{Names: []string{"/app/url", "/app/absent"}})
	require.NoError(t, err)
	require.Equal(t, []string{"/app/absent"}, deleted.InvalidParameters)
}

func TestPublicParametersDifferByRegion(t *testing.T) {
	cloud, c := client()
	name := aws.String("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")
	here, err := c.GetParameter(ctx, &ssm.GetParameterInput{Name: name})
	require.NoError(t, err)
	require.Regexp(t, `^ami-[0-9a-f]{17}$`, *here.Parameter.Value)
	there, err := ssm.NewFromConfig(cloud.ConfigFor(fakeaws.DefaultAccount, "eu-central-1")).GetParameter(ctx, &ssm.GetParameterInput{Name: name})
	require.NoError(t, err)
	require.NotEqual(t, *here.Parameter.Value, *there.Parameter.Value)
	require.Equal(t, "arn:aws:ssm:us-east-1::parameter"+*name, *here.Parameter.ARN)
	var other *fakeaws.NotFakedError
	require.ErrorAs(t, second(c.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/aws/service/global-infrastructure/current-region")})), &other, "AWS may have what the fake has not")
	require.ErrorAs(t, second(c.GetParameters(ctx, &ssm.GetParametersInput{Names: []string{"/aws/service/global-infrastructure/current-region"}})), &other)
}

func TestListsPage(t *testing.T) {
	cloud, c := client()
	cloud.SetPageSize(1)
	for _, name := range []string{"one", "two"} {
		id := newBaseline(t, c, name)
		require.NoError(t, second(c.RegisterPatchBaselineForPatchGroup(ctx, &ssm.RegisterPatchBaselineForPatchGroupInput{BaselineId: &id, PatchGroup: &name})))
		newDocument(t, c, name+"-document", runbook)
		require.NoError(t, second(c.CreateAssociation(ctx, patching())))
		require.NoError(t, second(c.PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/p/" + name), Value: &name, Type: types.ParameterTypeString})))
		require.NoError(t, second(c.StartAutomationExecution(ctx, &ssm.StartAutomationExecutionInput{DocumentName: aws.String(name + "-document"), Parameters: map[string][]string{"InstanceId": {"i-1"}}})))
	}
	self := []types.PatchOrchestratorFilter{{Key: aws.String("OWNER"), Values: []string{"Self"}}}
	for what, list := range map[string]func(token *string) (int, *string, error){
		"baselines": func(token *string) (int, *string, error) {
			out, err := c.DescribePatchBaselines(ctx, &ssm.DescribePatchBaselinesInput{Filters: self, NextToken: token})
			return len(out.BaselineIdentities), out.NextToken, err
		},
		"groups": func(token *string) (int, *string, error) {
			out, err := c.DescribePatchGroups(ctx, &ssm.DescribePatchGroupsInput{NextToken: token})
			return len(out.Mappings), out.NextToken, err
		},
		"documents": func(token *string) (int, *string, error) {
			out, err := c.ListDocuments(ctx, &ssm.ListDocumentsInput{Filters: []types.DocumentKeyValuesFilter{{Key: aws.String("Owner"), Values: []string{"Self"}}}, NextToken: token})
			return len(out.DocumentIdentifiers), out.NextToken, err
		},
		"associations": func(token *string) (int, *string, error) {
			out, err := c.ListAssociations(ctx, &ssm.ListAssociationsInput{NextToken: token})
			return len(out.Associations), out.NextToken, err
		},
		"executions": func(token *string) (int, *string, error) {
			out, err := c.DescribeAutomationExecutions(ctx, &ssm.DescribeAutomationExecutionsInput{NextToken: token})
			return len(out.AutomationExecutionMetadataList), out.NextToken, err
		},
		"parameters": func(token *string) (int, *string, error) {
			out, err := c.GetParametersByPath(ctx, &ssm.GetParametersByPathInput{Path: aws.String("/p"), NextToken: token})
			return len(out.Parameters), out.NextToken, err
		},
		"described parameters": func(token *string) (int, *string, error) {
			out, err := c.DescribeParameters(ctx, &ssm.DescribeParametersInput{NextToken: token})
			return len(out.Parameters), out.NextToken, err
		},
	} {
		var token *string
		for i := range 2 {
			n, next, err := list(token)
			require.NoError(t, err, what)
			require.Equal(t, 1, n, what)
			require.Equal(t, i == 0, next != nil, what)
			token = next
		}
	}
	require.Equal(t, "InvalidNextToken", code(second(c.ListAssociations(ctx, &ssm.ListAssociationsInput{NextToken: aws.String("stale")}))))
}

func TestTags(t *testing.T) {
	_, c := client()
	id := newBaseline(t, c, "linux")
	newDocument(t, c, "Contain", runbook)
	a, err := c.CreateAssociation(ctx, patching())
	require.NoError(t, err)
	for kind, ref := range map[types.ResourceTypeForTagging]string{
		types.ResourceTypeForTaggingPatchBaseline: id, types.ResourceTypeForTaggingDocument: "Contain", types.ResourceTypeForTaggingAssociation: *a.AssociationDescription.AssociationId,
	} {
		_, err := c.AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{ResourceType: kind, ResourceId: &ref, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}})
		require.NoError(t, err, kind)
		_, err = c.RemoveTagsFromResource(ctx, &ssm.RemoveTagsFromResourceInput{ResourceType: kind, ResourceId: &ref, TagKeys: []string{"a"}})
		require.NoError(t, err, kind)
		tags, err := c.ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{ResourceType: kind, ResourceId: &ref})
		require.NoError(t, err, kind)
		require.Len(t, tags.TagList, 1, kind)
		require.Equal(t, "InvalidResourceId", code(second(c.ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{ResourceType: kind, ResourceId: aws.String("pb-00000000000000000")}))), kind)
	}
}
