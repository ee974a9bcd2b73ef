package fakessm_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func TestRefusals(t *testing.T) {
	_, c := client()
	newDocument(t, c, "Contain", runbook)
	require.NoError(t, second(c.PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/app/url"), Value: aws.String("a"), Type: types.ParameterTypeString})))
	baseline := func(os types.OperatingSystem, rules *types.PatchRuleGroup) error {
		return second(c.CreatePatchBaseline(ctx, &ssm.CreatePatchBaselineInput{Name: aws.String("baseline"), OperatingSystem: os, ApprovalRules: rules}))
	}
	document := func(name string, kind types.DocumentType, content string) error {
		return second(c.CreateDocument(ctx, &ssm.CreateDocumentInput{Name: &name, Content: &content, DocumentType: kind}))
	}
	association := func(change func(in *ssm.CreateAssociationInput)) error {
		in := patching()
		change(in)
		return second(c.CreateAssociation(ctx, in))
	}
	start := func(name string, parameters map[string][]string) error {
		return second(c.StartAutomationExecution(ctx, &ssm.StartAutomationExecutionInput{DocumentName: &name, Parameters: parameters}))
	}
	put := func(name, value string, kind types.ParameterType) error {
		return second(c.PutParameter(ctx, &ssm.PutParameterInput{Name: &name, Value: &value, Type: kind}))
	}
	undated := rule(types.PatchFilterKeyClassification, "Security")
	undated.PatchRules[0].ApproveAfterDays = nil
	late := rule(types.PatchFilterKeyClassification, "Security")
	late.PatchRules[0].ApproveAfterDays = aws.Int32(361)
	linux, ubuntu := types.OperatingSystemAmazonLinux2023, types.OperatingSystemUbuntu
	for name, c := range map[string]struct {
		err  error
		code string
	}{
		"a key of Windows":            {baseline(linux, rule(types.PatchFilterKeyMsrcSeverity, "Critical")), "ValidationException"},
		"a classification of Windows": {baseline(linux, rule(types.PatchFilterKeyClassification, "SecurityUpdates")), "ValidationException"},
		"a classification for Ubuntu": {baseline(ubuntu, rule(types.PatchFilterKeyClassification, "Security")), "ValidationException"},
		"an unknown system":           {baseline("PLAN9", nil), "ValidationException"},
		"a rule without a date":       {baseline(linux, undated), "ValidationException"},
		"a rule of too many days":     {baseline(linux, late), "ValidationException"},
		"a baseline that is not":      {second(c.GetPatchBaseline(ctx, &ssm.GetPatchBaselineInput{BaselineId: aws.String("pb-00000000000000000")})), "DoesNotExistException"},
		"a default that is not":       {second(c.RegisterDefaultPatchBaseline(ctx, &ssm.RegisterDefaultPatchBaselineInput{BaselineId: aws.String("pb-00000000000000000")})), "DoesNotExistException"},

		"a reserved name":            {document("AWS-Mine", types.DocumentTypeAutomation, runbook), "ValidationException"},
		"a name twice":               {document("Contain", types.DocumentTypeAutomation, runbook), "DocumentAlreadyExists"},
		"no JSON":                    {document("Other", types.DocumentTypeAutomation, "{"), "InvalidDocumentContent"},
		"the schema of another type": {document("Other", types.DocumentTypeCommand, runbook), "InvalidDocumentSchemaVersion"},
		"no steps":                   {document("Other", types.DocumentTypeAutomation, `{"schemaVersion":"0.3","mainSteps":[]}`), "InvalidDocumentContent"},
		"an undeclared parameter":    {document("Other", types.DocumentTypeAutomation, strings.ReplaceAll(runbook, "{{ InstanceId }}", "{{ Instance }}")), "InvalidDocumentContent"},
		"an unknown member":          {document("Other", types.DocumentTypeAutomation, strings.Replace(runbook, "assumeRole", "role", 1)), "InvalidDocumentContent"},
		"a document too large":       {document("Other", types.DocumentTypeAutomation, strings.Repeat(" ", 65<<10)), "MaxDocumentSizeExceeded"},
		"a document that is not":     {second(c.GetDocument(ctx, &ssm.GetDocumentInput{Name: aws.String("Absent")})), "InvalidDocument"},
		"an old version":             {second(c.UpdateDocument(ctx, &ssm.UpdateDocumentInput{Name: aws.String("Contain"), Content: aws.String(runbook + " "), DocumentVersion: aws.String("7")})), "InvalidDocumentVersion"},
		"AWS's own document":         {second(c.DeleteDocument(ctx, &ssm.DeleteDocumentInput{Name: aws.String("AWS-RunPatchBaseline")})), "InvalidDocumentOperation"},

		"an association of nothing":   {association(func(in *ssm.CreateAssociationInput) { in.Name = aws.String("Absent") }), "InvalidDocument"},
		"an unknown parameter":        {association(func(in *ssm.CreateAssociationInput) { in.Parameters["operation"] = []string{"Install"} }), "InvalidParameters"},
		"a value that is not allowed": {association(func(in *ssm.CreateAssociationInput) { in.Parameters["Operation"] = []string{"install"} }), "InvalidParameters"},
		"two values for a string":     {association(func(in *ssm.CreateAssociationInput) { in.Parameters["Operation"] = []string{"Scan", "Install"} }), "InvalidParameters"},
		"a missing parameter":         {association(func(in *ssm.CreateAssociationInput) { in.Parameters = nil }), "InvalidParameters"},
		"RebootOption for Windows' own": {association(func(in *ssm.CreateAssociationInput) {
			in.Name, in.Parameters["RebootOption"] = aws.String("AWS-ApplyPatchBaseline"), []string{"NoReboot"}
		}), "InvalidParameters"},
		"no targets":                    {association(func(in *ssm.CreateAssociationInput) { in.Targets = nil }), "InvalidTarget"},
		"a bad target":                  {association(func(in *ssm.CreateAssociationInput) { in.Targets[0].Key = aws.String("PatchGroup") }), "InvalidTarget"},
		"cron of five fields":           {association(func(in *ssm.CreateAssociationInput) { in.ScheduleExpression = aws.String("cron(0 3 * * SUN)") }), "InvalidSchedule"},
		"a rate that is too short":      {association(func(in *ssm.CreateAssociationInput) { in.ScheduleExpression = aws.String("rate(5 minutes)") }), "InvalidSchedule"},
		"an offset without cron only":   {association(func(in *ssm.CreateAssociationInput) { in.ScheduleOffset = aws.Int32(2) }), "ValidationException"},
		"a bad rate of errors":          {association(func(in *ssm.CreateAssociationInput) { in.MaxErrors = aws.String("120%") }), "ValidationException"},
		"a document version that isn't": {association(func(in *ssm.CreateAssociationInput) { in.DocumentVersion = aws.String("9") }), "InvalidDocumentVersion"},

		"a runbook that is not":       {start("Absent", nil), "AutomationDefinitionNotFoundException"},
		"a command as runbook":        {start("AWS-RunShellScript", nil), "AutomationDefinitionNotFoundException"},
		"a runbook without parameter": {start("Contain", nil), "InvalidAutomationExecutionParametersException"},
		"an execution that is not":    {second(c.GetAutomationExecution(ctx, &ssm.GetAutomationExecutionInput{AutomationExecutionId: aws.String("01234567-89ab-cdef-0123-456789abcdef")})), "AutomationExecutionNotFoundException"},

		"a parameter twice":         {put("/app/url", "b", types.ParameterTypeString), "ParameterAlreadyExists"},
		"a reserved parameter":      {put("/aws/x", "b", types.ParameterTypeString), "AccessDeniedException"},
		"a half-qualified name":     {put("app/url", "b", types.ParameterTypeString), "ValidationException"},
		"a parameter without type":  {put("/app/other", "b", ""), "ValidationException"},
		"a parameter too large":     {put("/app/other", strings.Repeat("x", 4097), types.ParameterTypeString), "ValidationException"},
		"a parameter that is not":   {second(c.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/app/absent")})), "ParameterNotFound"},
		"a version that is not":     {second(c.GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/app/url:9")})), "ParameterVersionNotFound"},
		"another type":              {second(c.PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/app/url"), Value: aws.String("b"), Type: types.ParameterTypeSecureString, Overwrite: aws.Bool(true)})), "HierarchyTypeMismatchException"},
		"an unknown key":            {second(c.PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/app/s"), Value: aws.String("b"), Type: types.ParameterTypeSecureString, KeyId: aws.String("alias/absent")})), "InvalidKeyId"},
		"a pattern that is not met": {second(c.PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/app/p"), Value: aws.String("b"), Type: types.ParameterTypeString, AllowedPattern: aws.String("^a$")})), "ParameterPatternMismatchException"},
		"tags while overwriting":    {second(c.PutParameter(ctx, &ssm.PutParameterInput{Name: aws.String("/app/url"), Value: aws.String("b"), Overwrite: aws.Bool(true), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}}})), "ValidationException"},

		"an unknown setting": {second(c.GetServiceSetting(ctx, &ssm.GetServiceSettingInput{SettingId: aws.String("/ssm/absent")})), "ServiceSettingNotFound"},
	} {
		require.Error(t, c.err, name)
		require.Equal(t, c.code, code(c.err), "%s: %v", name, c.err)
	}
	var other *fakeaws.NotFakedError
	_, err := c.CreateDocument(ctx, &ssm.CreateDocumentInput{Name: aws.String("Yaml"), DocumentType: types.DocumentTypeAutomation, DocumentFormat: types.DocumentFormatYaml, Content: aws.String("schemaVersion: '0.3'\nmainSteps:\n  - name: one\n    action: aws:sleep\n")})
	require.NoError(t, err)
	require.ErrorAs(t, start("Yaml", nil), &other, "documents in YAML are kept, and not run")
}
