package endpoint_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/endpoint"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakessm"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

func ssmCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakessm.Install) }

var self = []types.PatchOrchestratorFilter{{Key: aws.String("OWNER"), Values: []string{"Self"}}}

func TestPatchBaseline(t *testing.T) {
	plain := endpoint.PatchBaseline{Name: "MyPatchBaseline"}
	more := plain
	more.Description, more.Rules = "Linux", []endpoint.PatchRule{
		{Severities: []string{"Important", "Critical"}, AtOnce: true}, {Classifications: []string{"Bugfix"}, ApproveAfter: 14 * 24 * time.Hour, Compliance: "LOW", NonSecurity: true},
	}
	lists := more
	lists.Approved, lists.Rejected, lists.BlockRejected, lists.Tags = []string{"openssl*"}, []string{"telnet*"}, true, map[string]string{"team": "web"}
	other := lists
	other.OperatingSystem, other.Rules = endpoint.Windows, []endpoint.PatchRule{{Severities: []string{"Critical"}}}
	const at = "endpoint.PatchBaseline/MyPatchBaseline "
	kindtest.Run(t, kindtest.Case{
		Cloud: ssmCloud,
		Variants: []kindtest.Variant{
			{Resource: plain},
			{Resource: more, Changes: []string{at + "Description", at + "Rules"}},
			{Resource: lists, Changes: []string{at + "Approved", at + "Rejected", at + "RejectedAction", at + "Tags"}},
			{Resource: other, Changes: []string{at + "OS", at + "Rules"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			client := ssm.NewFromConfig(cfg)
			all, err := client.DescribePatchBaselines(ctx, &ssm.DescribePatchBaselinesInput{Filters: self})
			if err != nil {
				return err
			}
			_, err = client.UpdatePatchBaseline(ctx, &ssm.UpdatePatchBaselineInput{BaselineId: all.BaselineIdentities[0].BaselineId, RejectedPatches: []string{"*"}})
			return err
		},
	})
}

func TestPatchGroup(t *testing.T) {
	one, two := endpoint.PatchBaseline{Name: "one"}, endpoint.PatchBaseline{Name: "two"}
	with := func(b endpoint.PatchBaseline) ztcore.Resource {
		return ztcore.List{one, two, endpoint.PatchGroup{Name: "web", Baseline: b.ID()}}
	}
	kindtest.Run(t, kindtest.Case{
		Cloud:    ssmCloud,
		Variants: []kindtest.Variant{{Resource: with(one)}, {Resource: with(two), Changes: []string{"endpoint.PatchGroup/web-AMAZON_LINUX_2023 Baseline"}}},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			client := ssm.NewFromConfig(cfg)
			all, err := client.DescribePatchGroups(ctx, nil)
			if err != nil {
				return err
			}
			_, err = client.DeregisterPatchBaselineForPatchGroup(ctx, &ssm.DeregisterPatchBaselineForPatchGroupInput{BaselineId: all.Mappings[0].BaselineIdentity.BaselineId, PatchGroup: aws.String("web")})
			return err
		},
	})
}

func TestDefaultPatchBaseline(t *testing.T) {
	one, two := endpoint.PatchBaseline{Name: "one"}, endpoint.PatchBaseline{Name: "two"}
	with := func(b endpoint.PatchBaseline) ztcore.Resource {
		return ztcore.List{one, two, endpoint.DefaultPatchBaseline{Baseline: b.ID()}}
	}
	kindtest.Run(t, kindtest.Case{
		Cloud:    ssmCloud,
		Variants: []kindtest.Variant{{Resource: with(one)}, {Resource: with(two), Changes: []string{"endpoint.DefaultPatchBaseline/AMAZON_LINUX_2023 Baseline"}}},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			made, err := ssm.NewFromConfig(cfg).CreatePatchBaseline(ctx, &ssm.CreatePatchBaselineInput{Name: aws.String("theirs"), OperatingSystem: types.OperatingSystemAmazonLinux2023})
			if err != nil {
				return err
			}
			_, err = ssm.NewFromConfig(cfg).RegisterDefaultPatchBaseline(ctx, &ssm.RegisterDefaultPatchBaselineInput{BaselineId: made.BaselineId})
			return err
		},
	})
}

func TestAssociation(t *testing.T) {
	plain := endpoint.Association{Name: "patch", Targets: []endpoint.Target{endpoint.Tagged("PatchGroup", "web")}}
	run := plain
	run.ScanOnly, run.NoReboot, run.Schedule, run.AtOnce = true, true, "cron(30 2 * * ? *)", true
	rates := run
	rates.Targets, rates.Severity, rates.MaxConcurrency, rates.MaxErrors = []endpoint.Target{endpoint.Everything()}, "CRITICAL", "1", "0"
	kept := rates
	kept.Output, kept.OutputPrefix, kept.Version, kept.Tags = "acme-logs", "patching", "$LATEST", map[string]string{"team": "web"}
	other := kept
	other.Document, other.ScanOnly, other.NoReboot, other.Parameters, other.TargetParameter = "AWS-StopEC2Instance", false, false, map[string][]string{}, "InstanceId"
	const at = "endpoint.Association/patch "
	kindtest.Run(t, kindtest.Case{
		Cloud: ssmCloud,
		Variants: []kindtest.Variant{
			{Resource: plain},
			{Resource: run, Changes: []string{at + "Parameters", at + "Schedule", at + "OnlyAtSchedule"}},
			{Resource: rates, Changes: []string{at + "Targets", at + "Severity", at + "MaxConcurrency", at + "MaxErrors"}},
			{Resource: kept, Changes: []string{at + "Output", at + "Version", at + "Tags"}},
			{Resource: other, Changes: []string{at + "Document", at + "Parameters", at + "TargetParameter"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			client := ssm.NewFromConfig(cfg)
			all, err := client.ListAssociations(ctx, nil)
			if err != nil {
				return err
			}
			a := all.Associations[0]
			_, err = client.UpdateAssociation(ctx, &ssm.UpdateAssociationInput{AssociationId: a.AssociationId, AssociationName: a.AssociationName, Parameters: map[string][]string{"Operation": {"Scan"}}, Targets: a.Targets})
			return err
		},
	})
}

const stop = `{"schemaVersion":"0.3","assumeRole":"arn:aws:iam::123456789012:role/responder","parameters":{"InstanceId":{"type":"String"}},
"mainSteps":[{"name":"stop","action":"aws:executeAwsApi","inputs":{"Service":"ec2","Api":"StopInstances","InstanceIds":["{{ InstanceId }}"]}}]}`

func documentCase() kindtest.Case {
	plain := endpoint.Document{Name: "Contain", Content: stop}
	next := plain
	next.Content, next.TargetType = strings.Replace(stop, "StopInstances", "TerminateInstances", 1), "/AWS::EC2::Instance"
	shared := next
	shared.SharedWith, shared.Tags = []string{"111122223333"}, map[string]string{"team": "response"}
	const at = "endpoint.Document/Contain "
	return kindtest.Case{
		Cloud: ssmCloud,
		Variants: []kindtest.Variant{
			{Resource: plain},
			{Resource: next, Changes: []string{at + "Content", at + "TargetType"}},
			{Resource: shared, Changes: []string{at + "SharedWith", at + "Tags"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			client := ssm.NewFromConfig(cfg)
			out, err := client.UpdateDocument(ctx, &ssm.UpdateDocumentInput{Name: aws.String("Contain"), DocumentVersion: aws.String("$LATEST"), Content: aws.String(strings.Replace(stop, "StopInstances", "RebootInstances", 1))})
			if err != nil {
				return err
			}
			_, err = client.UpdateDocumentDefaultVersion(ctx, &ssm.UpdateDocumentDefaultVersionInput{Name: aws.String("Contain"), DocumentVersion: out.DocumentDescription.DocumentVersion})
			return err
		},
	}
}

func TestDocument(t *testing.T) { kindtest.Run(t, documentCase()) }

func TestDocumentInYAML(t *testing.T) {
	const yaml = "schemaVersion: '0.3'\nassumeRole: arn:aws:iam::123456789012:role/responder\nmainSteps:\n  - name: wait\n    action: aws:sleep\n"
	kindtest.Run(t, kindtest.Case{
		Cloud: ssmCloud,
		Variants: []kindtest.Variant{
			{Resource: endpoint.Document{Name: "Contain", Content: yaml}},
			{Resource: endpoint.Document{Name: "Contain", Content: stop}, Changes: []string{"endpoint.Document/Contain Content", "endpoint.Document/Contain Format"}},
		},
	})
}

// A replaced type is another document.
func TestDocumentOfAnotherType(t *testing.T) {
	const command = `{"schemaVersion":"2.2","mainSteps":[{"name":"update","action":"aws:runShellScript","inputs":{"runCommand":["true"]}}]}`
	kindtest.Run(t, kindtest.Case{
		Cloud: ssmCloud,
		Variants: []kindtest.Variant{
			{Resource: endpoint.Document{Name: "Contain", Content: stop}},
			{Resource: endpoint.Document{Name: "Contain", Type: "Command", Content: command}, Changes: []string{"endpoint.Document/Contain Type", "endpoint.Document/Contain Content"}},
		},
	})
}

func sessionCase() kindtest.Case {
	plain := endpoint.SessionPreferences{Bucket: "acme-sessions"}
	more := endpoint.SessionPreferences{
		Key: "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef", LogGroup: "/acme/sessions", Bucket: "acme-sessions", BucketPrefix: "ssm",
		IdleTimeout: 5 * time.Minute, MaxDuration: 2 * time.Hour, RunAs: "operator", LinuxProfile: "cd ~", WindowsProfile: "cd ~",
	}
	var changes []string
	for _, f := range []string{"Key", "LogGroup", "BucketPrefix", "IdleMinutes", "MaxMinutes", "RunAs", "LinuxProfile", "WindowsProfile"} {
		changes = append(changes, "endpoint.SessionPreferences/region "+f)
	}
	return kindtest.Case{
		Cloud:    ssmCloud,
		Variants: []kindtest.Variant{{Resource: plain}, {Resource: more, Changes: changes}, {Resource: plain, Changes: changes}},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			client := ssm.NewFromConfig(cfg)
			out, err := client.UpdateDocument(ctx, &ssm.UpdateDocumentInput{Name: aws.String("SSM-SessionManagerRunShell"), DocumentVersion: aws.String("$LATEST"), Content: aws.String(`{"schemaVersion":"1.0","sessionType":"Standard_Stream","inputs":{"s3BucketName":""}}`)})
			if err != nil {
				return err
			}
			_, err = client.UpdateDocumentDefaultVersion(ctx, &ssm.UpdateDocumentDefaultVersionInput{Name: aws.String("SSM-SessionManagerRunShell"), DocumentVersion: out.DocumentDescription.DocumentVersion})
			return err
		},
	}
}

func TestSessionPreferences(t *testing.T) { kindtest.Run(t, sessionCase()) }

func TestServiceSettings(t *testing.T) {
	role := func(name id.RoleName, logs id.LogGroup) ztcore.Resource {
		return ztcore.List{endpoint.DocumentSharingBlock{}, endpoint.AutomationLogs{LogGroup: logs}, endpoint.DefaultHostManagement{Role: name}}
	}
	kindtest.Run(t, kindtest.Case{
		Cloud: ssmCloud,
		Variants: []kindtest.Variant{
			{Resource: role("service-role/one", "/acme/runbooks")},
			{Resource: role("service-role/two", "/acme/automation"), Changes: []string{"endpoint.ServiceSetting/default-ec2-instance-management-role Value", "endpoint.ServiceSetting/customer-script-log-group-name Value"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := ssm.NewFromConfig(cfg).UpdateServiceSetting(ctx, &ssm.UpdateServiceSettingInput{SettingId: aws.String("/ssm/documents/console/public-sharing-permission"), SettingValue: aws.String("Enable")})
			return err
		},
	})
}

// The guide's patch baseline is one for Windows, and its association one for Windows too.
func TestWhatTheGuideGetsWrongIsFoundBefore(t *testing.T) {
	patch := func(change func(a *endpoint.Association)) endpoint.Association {
		a := endpoint.Association{Name: "patch", Targets: []endpoint.Target{endpoint.Tagged("PatchGroup", "web")}}
		change(&a)
		return a
	}
	rule := func(os endpoint.OperatingSystem, r endpoint.PatchRule) endpoint.PatchBaseline {
		return endpoint.PatchBaseline{Name: "MyPatchBaseline", OperatingSystem: os, Rules: []endpoint.PatchRule{r}}
	}
	windows := endpoint.PatchBaseline{Name: "windows", OperatingSystem: endpoint.Windows}
	for want, r := range map[string]ztcore.Resource{
		"SecurityUpdates is no CLASSIFICATION of AMAZON_LINUX_2023": rule("", endpoint.PatchRule{Classifications: []string{"SecurityUpdates"}}),
		"Security is no CLASSIFICATION of WINDOWS":                  rule(endpoint.Windows, endpoint.PatchRule{Classifications: []string{"Security"}}),
		"UBUNTU has no CLASSIFICATION":                              rule(endpoint.Ubuntu, endpoint.PatchRule{Classifications: []string{"Security"}}),
		"AMAZON_LINUX_2 has no PRIORITY":                            rule(endpoint.AmazonLinux2, endpoint.PatchRule{Priorities: []string{"Required"}}),
		"can't be set for UBUNTU":                                   rule(endpoint.Ubuntu, endpoint.PatchRule{ApproveAfter: 24 * time.Hour}),
		"360 whole days":                                            rule("", endpoint.PatchRule{ApproveAfter: 25 * time.Hour}),
		"PLAN9 is none that Patch Manager knows":                    rule("PLAN9", endpoint.PatchRule{}),
		"is no level of compliance":                                 rule("", endpoint.PatchRule{Compliance: "SEVERE"}),
		"is for Linux alone":                                        rule(endpoint.Windows, endpoint.PatchRule{NonSecurity: true}),
		`"my baseline" can't be a name`:                             endpoint.PatchBaseline{Name: "my baseline"},
		"is for WINDOWS, and this is AMAZON_LINUX_2023":             ztcore.List{windows, endpoint.PatchGroup{Name: "web", Baseline: windows.ID()}},
		"no baseline is named":                                      endpoint.DefaultPatchBaseline{},

		"is for Windows alone, and AWS-RunPatchBaseline": patch(func(a *endpoint.Association) { a.Document = "AWS-ApplyPatchBaseline" }),
		"install is no value of it":                      patch(func(a *endpoint.Association) { a.Parameters = map[string][]string{"Operation": {"install"}} }),
		"has no such parameter":                          patch(func(a *endpoint.Association) { a.Parameters = map[string][]string{"Reboot": {"no"}} }),
		"takes one value, and has 2":                     patch(func(a *endpoint.Association) { a.Parameters = map[string][]string{"Operation": {"Scan", "Install"}} }),
		"no node is chosen":                              patch(func(a *endpoint.Association) { a.Targets = nil }),
		"is no target":                                   patch(func(a *endpoint.Association) { a.Targets[0].Key = "PatchGroup" }),
		"has 5 fields in place of 6":                     patch(func(a *endpoint.Association) { a.Schedule = "cron(0 3 * * SUN)" }),
		"either the day of the month":                    patch(func(a *endpoint.Association) { a.Schedule = "cron(0 3 * * SUN *)" }),
		"more often than every 30 minutes":               patch(func(a *endpoint.Association) { a.Schedule = "rate(5 minutes)" }),
		"is no rate":                                     patch(func(a *endpoint.Association) { a.Schedule = "rate(1 days)" }),
		"is no number or percentage":                     patch(func(a *endpoint.Association) { a.MaxErrors = "120%" }),
		"declares no such parameter": ztcore.List{endpoint.Document{Name: "Contain", Content: stop}, patch(func(a *endpoint.Association) {
			a.Document, a.TargetParameter, a.Parameters = endpoint.Document{Name: "Contain"}.ID(), "InstanceId", map[string][]string{"Instance": {"i-1"}}
		})},

		"no role is named":                       endpoint.DefaultHostManagement{Role: "arn:aws:iam::123456789012:role/x"},
		"begins as AWS's own":                    endpoint.Document{Name: "AWS-Mine", Content: stop},
		"is no document":                         endpoint.Document{Name: "Contain", Content: "{"},
		`schemaVersion "2.2" is not for`:         endpoint.Document{Name: "Contain", Content: strings.Replace(stop, "0.3", "2.2", 1)},
		"refers to the parameter Instance":       endpoint.Document{Name: "Contain", Content: strings.ReplaceAll(stop, "{{ InstanceId", "{{ Instance")},
		"has two steps named stop":               endpoint.Document{Name: "Contain", Content: strings.Replace(stop, `[{"name"`, `[{"name":"stop","action":"aws:sleep"},{"name"`, 1)},
		"has no mainSteps":                       endpoint.Document{Name: "Contain", Content: "schemaVersion: '0.3'\n"},
		"indented by tabs":                       endpoint.Document{Name: "Contain", Content: "schemaVersion: '0.3'\nmainSteps:\n\t- name: one\n"},
		"12345 is no account":                    endpoint.Document{Name: "Contain", Content: stop, SharedWith: []string{"12345"}},
		"1 to 60 whole minutes":                  endpoint.SessionPreferences{Bucket: "b", IdleTimeout: 2 * time.Hour},
		"root can't be who":                      endpoint.SessionPreferences{Bucket: "b", RunAs: "root"},
		"BucketPrefix: needs Bucket":             endpoint.SessionPreferences{LogGroup: "g", BucketPrefix: "p"},
		"512 characters":                         endpoint.SessionPreferences{Bucket: "b", LinuxProfile: strings.Repeat("x", 513)},
		"are for AWS-RunPatchBaseline alone":     patch(func(a *endpoint.Association) { a.Document, a.NoReboot = "AWS-UpdateSSMAgent", true }),
		"can't have more than 50 patches, of 1–": endpoint.PatchBaseline{Name: "MyPatchBaseline", Rejected: []string{strings.Repeat("x", 101)}},
	} {
		require.ErrorContains(t, ztcore.NewBaseline("endpoint", r).Check(), want)
	}
}

func TestGuardrails(t *testing.T) {
	for guardrail, r := range map[string]ztcore.Resource{
		"endpoint.late-patches":         endpoint.PatchBaseline{Name: "late", Rules: []endpoint.PatchRule{{ApproveAfter: 60 * 24 * time.Hour}}},
		"endpoint.sessions-unlogged":    endpoint.SessionPreferences{},
		"endpoint.runbook-without-role": endpoint.Document{Name: "Contain", Content: strings.Replace(stop, `"assumeRole":"arn:aws:iam::123456789012:role/responder",`, "", 1)},
		"endpoint.superseded-document":  endpoint.Association{Name: "patch", Targets: []endpoint.Target{endpoint.Everything()}, Document: "AWS-ApplyPatchBaseline", OperatingSystem: endpoint.Windows},
	} {
		plan, err := ztcore.NewBaseline("endpoint", r).Plan(t.Context(), ssmCloud().Config())
		require.NoError(t, err)
		require.Len(t, plan.Findings, 1, guardrail)
		require.Equal(t, guardrail, plan.Findings[0].Guardrail)
		_, err = plan.Apply(t.Context())
		var blocked *ztcore.BlockedError
		require.ErrorAs(t, err, &blocked)
	}
}

// Every operating system has a rule that its own API takes.
func TestZeroRuleOfEverySystem(t *testing.T) {
	for _, os := range types.OperatingSystem("").Values() {
		b := endpoint.PatchBaseline{Name: "MyPatchBaseline", OperatingSystem: endpoint.OperatingSystem(os)}
		cfg := ssmCloud().Config()
		plan, err := ztcore.NewBaseline("endpoint", b).Plan(t.Context(), cfg)
		require.NoError(t, err, os)
		_, err = plan.Apply(t.Context())
		require.NoError(t, err, os)
		again, err := ztcore.NewBaseline("endpoint", b).Plan(t.Context(), cfg)
		require.NoError(t, err, os)
		require.True(t, again.Empty(), "%s: %s", os, again)
	}
}

// What an earlier version said becomes the default again, since AWS keeps no content twice.
func TestDocumentGoesBack(t *testing.T) {
	cfg := ssmCloud().Config()
	for _, content := range []string{stop, strings.Replace(stop, "StopInstances", "RebootInstances", 1), stop} {
		b := ztcore.NewBaseline("endpoint", endpoint.Document{Name: "Contain", Content: content})
		plan, err := b.Plan(t.Context(), cfg)
		require.NoError(t, err)
		_, err = plan.Apply(t.Context())
		require.NoError(t, err)
	}
	got, err := ssm.NewFromConfig(cfg).DescribeDocument(t.Context(), &ssm.DescribeDocumentInput{Name: aws.String("Contain")})
	require.NoError(t, err)
	require.Equal(t, "1", *got.Document.DefaultVersion)
	require.Equal(t, "2", *got.Document.LatestVersion)
}

func TestPublicDocumentNeedsAReason(t *testing.T) {
	plan, err := ztcore.NewBaseline("endpoint", endpoint.Document{Name: "Contain", Content: stop, PublicBecause: "a sample for everybody"}).Plan(t.Context(), ssmCloud().Config())
	require.NoError(t, err)
	require.Equal(t, []ztcore.Exception{{Attribute: "PublicBecause", Reason: "a sample for everybody"}}, plan.Steps[0].Exceptions)
}

func TestAutomationARN(t *testing.T) {
	require.Equal(t, id.ARN("arn:{{zt:partition}}:ssm:{{zt:region}}:{{zt:account}}:automation-definition/{{zt:endpoint.Document/Contain#Name}}:$DEFAULT"), endpoint.Document{Name: "Contain"}.AutomationARN())
}

// SSM answers the token of a baseline that was deleted a moment ago with the deleted one's id.
func TestAPatchBaselineIsMadeAgainThoughItsTokenIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := ssmCloud().Config()
		base := ztcore.NewBaseline("patches", endpoint.PatchBaseline{Name: "MyPatchBaseline"})
		for _, opts := range [][]ztcore.PlanOption{nil, {ztcore.Destroy()}, nil} {
			p, err := base.Plan(t.Context(), cfg, opts...)
			require.NoError(t, err)
			_, err = p.Apply(t.Context())
			require.NoError(t, err)
		}
		all, err := ssm.NewFromConfig(cfg).DescribePatchBaselines(t.Context(), &ssm.DescribePatchBaselinesInput{Filters: self})
		require.NoError(t, err)
		require.Len(t, all.BaselineIdentities, 1)
	})
}
