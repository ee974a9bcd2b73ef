package incident

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssmincidents"
	"github.com/aws/aws-sdk-go-v2/service/ssmincidents/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// ResponsePlan is what Incident Manager does when an incident begins: whom it tells, and which runbook it starts. It needs a
// ReplicationSet. AWS takes no new customers for Incident Manager; Preset responds without it.
type ResponsePlan struct {
	Name        string // 1–200 letters, digits, - and _
	DisplayName string // 1–200 characters; may be left out
	Title       string // of the incidents, as "Security Incident"
	Impact      Impact // Medium if zero
	Summary     string // at most 8,000 characters
	// Topics are told of every change of an incident, ten at most. Their policies must let ssm-incidents.amazonaws.com publish.
	Topics      []id.TopicARN
	Engagements []id.ARN // contacts and escalation plans, five at most
	Runbook     Runbook
	// NobodyBecause says why a plan may tell nobody: no topic and no engagement.
	NobodyBecause string
	// After are tokens of what must stand before, as ReplicationSet{}.ARN().
	After []string
	Tags  map[string]string
}

// Impact is how much an incident matters, in AWS's numbers.
type Impact int32

// The impacts of Incident Manager.
const (
	Critical Impact = 1
	High     Impact = 2
	Medium   Impact = 3
	Low      Impact = 4
	NoImpact Impact = 5
)

// Runbook is an automation document of Systems Manager that begins with the incident. The zero value is none.
type Runbook struct {
	Document string // its name, or the ARN of a shared one
	Version  string // the default version if empty
	// Role is assumed by Systems Manager for the runbook; it trusts ssm-incidents.amazonaws.com.
	Role       id.RoleARN
	Parameters map[string][]string
	// FromIncident are parameters that the incident itself fills in, so that the runbook acts on what is affected and not on
	// an instance that somebody wrote down once.
	FromIncident map[string]FromIncident
	// DestroysEvidenceBecause says why a runbook may stop or terminate instances, and so lose what is in their memory.
	DestroysEvidenceBecause string
}

// FromIncident is what an incident can fill in.
type FromIncident string

// What an incident can fill in.
const (
	IncidentARN       FromIncident = "INCIDENT_RECORD_ARN"
	InvolvedResources FromIncident = "INVOLVED_RESOURCES"
)

// ARN is the plan's ARN, which follows from its name.
func (p ResponsePlan) ARN() id.ARN { return id.ARN(responsePlans.Ref(p.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (p ResponsePlan) Declare(d *ztcore.Declaration) {
	if p.Impact == 0 {
		p.Impact = Medium
	}
	want := planState{
		Name: p.Name, DisplayName: p.DisplayName, Title: p.Title, Impact: int32(p.Impact), Summary: p.Summary, Topics: texts(p.Topics), Engagements: texts(p.Engagements),
		Document: p.Runbook.Document, Version: p.Runbook.Version, Role: string(p.Runbook.Role), Tags: p.Tags,
	}
	for _, k := range slices.Sorted(maps.Keys(p.Runbook.Parameters)) {
		want.Parameters = append(want.Parameters, parameter{Name: k, Values: strings.Join(p.Runbook.Parameters[k], "\n")})
	}
	for _, k := range slices.Sorted(maps.Keys(p.Runbook.FromIncident)) {
		want.Parameters = append(want.Parameters, parameter{Name: k, From: string(p.Runbook.FromIncident[k])})
	}
	n := responsePlans.Declare(d, p.Name, want).After(p.After...)
	if len(p.Topics)+len(p.Engagements) == 0 {
		n.Except("Topics: nobody is told", p.NobodyBecause)
	}
	if stops[p.Runbook.Document] {
		n.Except("Runbook: "+p.Runbook.Document+" loses what is in memory", p.Runbook.DestroysEvidenceBecause)
	}
}

// stops are AWS's runbooks that end an instance's memory.
var stops = map[string]bool{"AWS-StopEC2Instance": true, "AWS-TerminateEC2Instance": true, "AWS-RestartEC2Instance": true, "AWS-StopEC2InstanceWithApproval": true}

// parameter is one of a runbook's: values, or what the incident fills in.
type parameter struct{ Name, Values, From string }

// MarshalText is how plans show the parameter.
func (p parameter) MarshalText() ([]byte, error) {
	if p.From != "" {
		return []byte(p.Name + " from the incident: " + p.From), nil
	}
	return []byte(p.Name + " = " + strings.ReplaceAll(p.Values, "\n", ", ")), nil
}

type planState struct {
	Name        string `zt:"key"`
	DisplayName string
	Title       string
	Impact      int32
	Summary     string
	Topics      []string `zt:"set"`
	Engagements []string `zt:"set"`
	Document    string
	Version     string
	Role        string
	Parameters  []parameter       `zt:"set"`
	Tags        map[string]string `zt:"tags"`
	ARN         string            `zt:"output"`
}

var responsePlans = &ztcore.Kind[planState]{
	Name: "incident.ResponsePlan", Permissions: &responsePlansNeed, Read: readPlans, Create: createPlan, Update: updatePlan,
	Delete: func(ctx context.Context, sc *ztcore.Scope, have planState) error {
		_, err := ssmincidents.NewFromConfig(sc.Config).DeleteResponsePlan(ctx, &ssmincidents.DeleteResponsePlanInput{Arn: &have.ARN})
		return err
	},
	Predict: func(sc *ztcore.Scope, want *planState) {
		want.ARN = "arn:" + sc.Partition + ":ssm-incidents::" + sc.Account + ":response-plan/" + want.Name
	},
	Check: checkPlan, Domain: func(planState) string { return "ssm-incidents" },
	Retry:    []ztcore.Retry{{Code: "ValidationException", Message: "does not exist"}, {Code: "ValidationException", Message: "not active"}},
	Controls: []string{"NIST SP 800-61 3.2", "NIST SP 800-207 tenet 7", "CISA ZTMM Automation and Orchestration"},
}

var responsePlansNeed = ztcore.Permissions{
	Read: []string{
		"ssm-incidents:GetReplicationSet", "ssm-incidents:GetResponsePlan", "ssm-incidents:ListReplicationSets", "ssm-incidents:ListResponsePlans",
		"ssm-incidents:ListTagsForResource",
	},
	Write:  []string{"iam:PassRole", "ssm-incidents:CreateResponsePlan", "ssm-incidents:TagResource", "ssm-incidents:UpdateResponsePlan"},
	Delete: []string{"ssm-incidents:DeleteResponsePlan"},
}

func readPlans(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[planState]) ([]planState, error) {
	set, err := replicationSet(ctx, sc)
	if err != nil || set == nil || set.Status == types.ReplicationSetStatusCreating {
		return nil, err // where Incident Manager is not set up there are no plans, and it answers no question about them
	}
	c := ssmincidents.NewFromConfig(sc.Config)
	var arns []string
	for in := (&ssmincidents.ListResponsePlansInput{}); ; {
		page, err := c.ListResponsePlans(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, p := range page.ResponsePlanSummaries {
			arns = append(arns, aws.ToString(p.Arn))
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
	}
	found := make([]*planState, len(arns))
	err = ztcore.Each(ctx, len(arns), func(ctx context.Context, i int) error {
		out, err := c.GetResponsePlan(ctx, &ssmincidents.GetResponsePlanInput{Arn: &arns[i]})
		if err != nil {
			return unlessMissing(err)
		}
		tags, err := c.ListTagsForResource(ctx, &ssmincidents.ListTagsForResourceInput{ResourceArn: &arns[i]})
		if err != nil {
			return unlessMissing(err)
		}
		found[i] = seenPlan(out, tags.Tags)
		return nil
	})
	var out []planState
	for _, p := range found {
		if p != nil {
			out = append(out, *p)
		}
	}
	return out, err
}

// seenPlan takes the API's unions apart.
func seenPlan(out *ssmincidents.GetResponsePlanOutput, tags map[string]string) *planState {
	t := out.IncidentTemplate
	have := &planState{
		Name: aws.ToString(out.Name), DisplayName: aws.ToString(out.DisplayName), Title: aws.ToString(t.Title), Impact: aws.ToInt32(t.Impact), Summary: aws.ToString(t.Summary),
		Engagements: out.Engagements, Tags: tags, ARN: aws.ToString(out.Arn),
	}
	for _, target := range t.NotificationTargets {
		if topic, ok := target.(*types.NotificationTargetItemMemberSnsTopicArn); ok {
			have.Topics = append(have.Topics, topic.Value)
		}
	}
	for _, a := range out.Actions {
		m, ok := a.(*types.ActionMemberSsmAutomation)
		if !ok {
			continue
		}
		have.Document, have.Version, have.Role = aws.ToString(m.Value.DocumentName), aws.ToString(m.Value.DocumentVersion), aws.ToString(m.Value.RoleArn)
		for k, v := range m.Value.Parameters {
			have.Parameters = append(have.Parameters, parameter{Name: k, Values: strings.Join(v, "\n")})
		}
		for k, v := range m.Value.DynamicParameters {
			if variable, ok := v.(*types.DynamicSsmParameterValueMemberVariable); ok {
				have.Parameters = append(have.Parameters, parameter{Name: k, From: string(variable.Value)})
			}
		}
	}
	return have
}

func createPlan(ctx context.Context, sc *ztcore.Scope, want planState) error {
	_, err := ssmincidents.NewFromConfig(sc.Config).CreateResponsePlan(ctx, &ssmincidents.CreateResponsePlanInput{
		Name: &want.Name, DisplayName: optional(want.DisplayName), Actions: want.actions(), Engagements: want.Engagements, Tags: want.Tags,
		IncidentTemplate: &types.IncidentTemplate{Title: &want.Title, Impact: &want.Impact, Summary: optional(want.Summary), NotificationTargets: want.targets()},
	})
	return err
}

// updatePlan sends all that a plan has: what is left out of a request stays as it is.
func updatePlan(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[planState]) error {
	c := ssmincidents.NewFromConfig(sc.Config)
	if u.Changed("Tags") {
		if _, err := c.TagResource(ctx, &ssmincidents.TagResourceInput{ResourceArn: &u.Have.ARN, Tags: u.Want.Tags}); err != nil {
			return err
		}
	}
	if !u.Changed("DisplayName", "Title", "Impact", "Summary", "Topics", "Engagements", "Document", "Version", "Role", "Parameters") {
		return nil
	}
	_, err := c.UpdateResponsePlan(ctx, &ssmincidents.UpdateResponsePlanInput{
		Arn: &u.Have.ARN, DisplayName: &u.Want.DisplayName, Actions: u.Want.actions(), Engagements: orEmpty(u.Want.Engagements), IncidentTemplateTitle: &u.Want.Title,
		IncidentTemplateImpact: &u.Want.Impact, IncidentTemplateSummary: &u.Want.Summary, IncidentTemplateNotificationTargets: u.Want.targets(),
	})
	return err
}

func (p planState) targets() []types.NotificationTargetItem {
	out := []types.NotificationTargetItem{}
	for _, t := range p.Topics {
		out = append(out, &types.NotificationTargetItemMemberSnsTopicArn{Value: t})
	}
	return out
}

func (p planState) actions() []types.Action {
	if p.Document == "" {
		return []types.Action{}
	}
	a := types.SsmAutomation{
		DocumentName: &p.Document, DocumentVersion: optional(p.Version), RoleArn: &p.Role, TargetAccount: types.SsmTargetAccountResponsePlanOwnerAccount,
		Parameters: map[string][]string{}, DynamicParameters: map[string]types.DynamicSsmParameterValue{},
	}
	for _, x := range p.Parameters {
		if x.From != "" {
			a.DynamicParameters[x.Name] = &types.DynamicSsmParameterValueMemberVariable{Value: types.VariableType(x.From)}
		} else {
			a.Parameters[x.Name] = strings.Split(x.Values, "\n")
		}
	}
	return []types.Action{&types.ActionMemberSsmAutomation{Value: a}}
}

// planNameRE is what CreateResponsePlan takes.
// https://docs.aws.amazon.com/incident-manager/latest/APIReference/API_CreateResponsePlan.html
var (
	planNameRE   = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,200}$`)
	instanceIDRE = regexp.MustCompile(`\bi-[0-9a-f]{8,17}\b`)
)

func checkPlan(want planState) []ztcore.Finding {
	var out []ztcore.Finding
	bad := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	if !planNameRE.MatchString(want.Name) {
		bad("Name", fmt.Sprintf("%q is not one that Incident Manager takes", want.Name), "use 1–200 letters, digits, - and _")
	}
	if want.Title == "" || len(want.Title) > 200 {
		bad("Title", "an incident needs a title of at most 200 characters", `set it, as to "Security Incident"`)
	}
	if len(want.DisplayName) > 200 || len(want.Summary) > 8000 {
		bad("Summary", "DisplayName has at most 200 and Summary at most 8,000 characters", "shorten them")
	}
	if want.Impact < 1 || want.Impact > 5 {
		bad("Impact", fmt.Sprintf("%d is no impact", want.Impact), "use one of Critical, High, Medium, Low and NoImpact")
	}
	if len(want.Topics) > 10 || len(want.Engagements) > 5 {
		bad("Topics", "Incident Manager takes ten topics and five engagements", "bundle them")
	}
	if want.Document == "" {
		bad("Runbook.Document", "the plan does nothing: it has no runbook", "name an automation document, as Preset.Document")
	} else if want.Role == "" {
		bad("Runbook.Role", "no role is named that the runbook may run as", "set it to a role that trusts ssm-incidents.amazonaws.com")
	}
	seen := map[string]bool{}
	for _, p := range want.Parameters {
		if seen[p.Name] {
			bad("Runbook.FromIncident["+p.Name+"]", "is in Parameters too", "name it once")
		}
		seen[p.Name] = true
		if instance := instanceIDRE.FindString(p.Values); instance != "" {
			bad("Runbook.Parameters["+p.Name+"]", "names the instance "+instance+", whichever is affected", "let the incident fill it in: FromIncident with InvolvedResources")
		}
	}
	return out
}

func missing(err error) bool {
	gone := new(types.ResourceNotFoundException)
	return errors.As(err, &gone)
}

func unlessMissing(err error) error {
	if missing(err) {
		return nil
	}
	return err
}

func texts[T ~string](ids []T) []string {
	out := []string{}
	for _, s := range ids {
		out = append(out, string(s))
	}
	return out
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
