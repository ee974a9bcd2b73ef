package fakessm

import (
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// amazon owns AWS's documents.
const amazon = "Amazon"

type provided struct {
	kind       types.DocumentType
	platforms  []types.PlatformType
	action     string
	parameters map[string]docParameter
}

var (
	windows = []types.PlatformType{types.PlatformTypeWindows}
	unix    = []types.PlatformType{types.PlatformTypeLinux, types.PlatformTypeMacos}
	anyOS   = []types.PlatformType{types.PlatformTypeWindows, types.PlatformTypeLinux, types.PlatformTypeMacos}
)

func choice(initial any, values ...any) docParameter {
	return docParameter{Type: "String", Default: initial, AllowedValues: values}
}

func optional(kind string) docParameter { return docParameter{Type: kind, Default: ""} }

func runbook(action string, parameters map[string]docParameter) provided {
	parameters["AutomationAssumeRole"] = docParameter{Type: "AWS::IAM::Role::Arn", Default: ""}
	return provided{types.DocumentTypeAutomation, anyOS, action, parameters}
}

// awsDocuments are those of AWS's documents that are faked: type, platforms and parameters are AWS's.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-ssm-documents.html
// https://docs.aws.amazon.com/systems-manager-automation-runbooks/latest/userguide/automation-runbook-reference.html
var awsDocuments = map[string]provided{
	"AWS-RunPatchBaseline": {types.DocumentTypeCommand, anyOS, "aws:runShellScript", map[string]docParameter{
		"Operation": {Type: "String", AllowedValues: []any{"Scan", "Install"}}, "RebootOption": choice("RebootIfNeeded", "RebootIfNeeded", "NoReboot"),
		"SnapshotId": optional("String"), "InstallOverrideList": optional("String"), "BaselineOverride": optional("String"), "AssociationId": optional("String"),
	}},
	"AWS-ApplyPatchBaseline": {types.DocumentTypeCommand, windows, "aws:runPowerShellScript", map[string]docParameter{
		"Operation": {Type: "String", AllowedValues: []any{"Scan", "Install"}}, "SnapshotId": optional("String"),
	}},
	"AWS-RunShellScript": {types.DocumentTypeCommand, unix, "aws:runShellScript", map[string]docParameter{
		"commands": {Type: "StringList"}, "workingDirectory": optional("String"), "executionTimeout": {Type: "String", Default: "3600"},
	}},
	"AWS-RunPowerShellScript": {types.DocumentTypeCommand, anyOS, "aws:runPowerShellScript", map[string]docParameter{
		"commands": {Type: "StringList"}, "workingDirectory": optional("String"), "executionTimeout": {Type: "String", Default: "3600"},
	}},
	"AWS-UpdateSSMAgent": {types.DocumentTypeCommand, anyOS, "aws:updateSsmAgent", map[string]docParameter{
		"version": optional("String"), "allowDowngrade": choice("false", "true", "false"),
	}},
	"AWS-ConfigureAWSPackage": {types.DocumentTypeCommand, anyOS, "aws:configurePackage", map[string]docParameter{
		"action": {Type: "String", AllowedValues: []any{"Install", "Uninstall"}}, "name": {Type: "String"}, "version": optional("String"),
		"installationType": choice("Uninstall and reinstall", "Uninstall and reinstall", "In-place update"), "additionalArguments": {Type: "StringMap", Default: map[string]any{}},
	}},
	"AWS-StopEC2Instance":      runbook("aws:changeInstanceState", map[string]docParameter{"InstanceId": {Type: "StringList"}}),
	"AWS-StartEC2Instance":     runbook("aws:changeInstanceState", map[string]docParameter{"InstanceId": {Type: "StringList"}}),
	"AWS-RestartEC2Instance":   runbook("aws:changeInstanceState", map[string]docParameter{"InstanceId": {Type: "StringList"}}),
	"AWS-TerminateEC2Instance": runbook("aws:changeInstanceState", map[string]docParameter{"InstanceId": {Type: "StringList"}}),
	"AWS-CreateSnapshot":       runbook("aws:executeAwsApi", map[string]docParameter{"VolumeId": {Type: "String"}, "Description": optional("String")}),
}

// awsDocument makes the document: a single step of the kind that AWS's has.
func awsDocument(name string) *document {
	p := awsDocuments[name]
	schema := schemas[p.kind][len(schemas[p.kind])-1]
	text := canonical(map[string]any{
		"schemaVersion": schema, "parameters": p.parameters, "mainSteps": []any{map[string]any{"name": "main", "action": p.action}},
	})
	return &document{
		Name: name, Owner: amazon, Type: p.kind, Platforms: p.platforms, Default: 1,
		Versions: []docVersion{{Number: 1, Content: text, Schema: schema, Format: types.DocumentFormatJson}},
	}
}
