package detection

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Hub turns Security Hub (CSPM) on in a region. It needs AWS Config's recorder to see anything. It holds findings: removing it
// has to be allowed by name.
type Hub struct {
	// Standards that are checked; there are no others. nil is FSBP, CIS30 and NIST80053; an empty list none at all.
	Standards []Standard
	// Products whose findings are taken, as "company/product": "aws/guardduty", or a vendor's as DescribeProducts has it. Others are
	// left alone, since AWS's own services subscribe themselves. nil means not managed.
	Products []string
	// ManualControlsBecause says why controls that AWS adds to a standard later on are not to be enabled by themselves.
	ManualControlsBecause string
	// FindingPerStandard makes a finding for each standard that a control is part of, in place of one for the control.
	FindingPerStandard bool
	Tags               map[string]string
}

// Standard is a standard of Security Hub, as the end of its ARN has it.
type Standard string

// Standards of AWS.
// https://docs.aws.amazon.com/securityhub/latest/userguide/standards-reference.html
const (
	FSBP            Standard = "aws-foundational-security-best-practices/v/1.0.0"
	CIS14           Standard = "cis-aws-foundations-benchmark/v/1.4.0"
	CIS30           Standard = "cis-aws-foundations-benchmark/v/3.0.0"
	CIS50           Standard = "cis-aws-foundations-benchmark/v/5.0.0"
	NIST80053       Standard = "nist-800-53/v/5.0.0"
	NIST800171      Standard = "nist-800-171/v/2.0.0"
	PCIDSS          Standard = "pci-dss/v/4.0.1"
	ResourceTagging Standard = "aws-resource-tagging-standard/v/1.0.0"
)

// ARN is the standard's ARN in the region that is planned against.
func (s Standard) ARN() id.ARN {
	return id.ARN("arn:" + ztcore.Partition + ":securityhub:" + ztcore.Region + "::standards/" + string(s))
}

// ARN is the hub's ARN, known before it exists.
func (h Hub) ARN() id.HubARN { return id.HubARN(hubs.Ref("hub", "ARN")) }

// Declare implements ztcore.Resource.
func (h Hub) Declare(d *ztcore.Declaration) {
	want := hubState{Name: "hub", NewControls: h.ManualControlsBecause == "", Generator: string(types.ControlFindingGeneratorSecurityControl), Tags: h.Tags}
	if h.FindingPerStandard {
		want.Generator = string(types.ControlFindingGeneratorStandardControl)
	}
	n := hubs.Declare(d, "hub", want)
	if h.ManualControlsBecause != "" {
		n.Except("NewControls", h.ManualControlsBecause)
	}
	if h.Standards == nil {
		h.Standards = []Standard{FSBP, CIS30, NIST80053}
	}
	subscribed := ztcore.Set[id.ARN]{Parent: string(h.ARN()), Members: []id.ARN{}}
	for _, s := range h.Standards {
		subscribed.Members = append(subscribed.Members, s.ARN())
	}
	subscriptions.Declare(d, "hub", subscribed)
	if h.Products != nil {
		products.Declare(d, "hub", ztcore.Set[string]{Parent: string(h.ARN()), Members: h.Products, Foreign: ztcore.LeaveForeign})
	}
}

type hubState struct {
	Name        string `zt:"key"` // there is but one
	NewControls bool
	Generator   string
	Tags        map[string]string `zt:"tags"`
	ARN         string            `zt:"output"`
}

var hubs = &ztcore.Kind[hubState]{
	Name: "monitoring.SecurityHub", Permissions: &hubsNeed, Read: readHub, Update: updateHub, HoldsData: true,
	Create: func(ctx context.Context, sc *ztcore.Scope, want hubState) error {
		c := securityhub.NewFromConfig(sc.Config)
		in := &securityhub.EnableSecurityHubInput{EnableDefaultStandards: aws.Bool(false), ControlFindingGenerator: types.ControlFindingGenerator(want.Generator), Tags: want.Tags}
		if _, err := c.EnableSecurityHub(ctx, in); err != nil || want.NewControls {
			return err
		}
		_, err := c.UpdateSecurityHubConfiguration(ctx, &securityhub.UpdateSecurityHubConfigurationInput{AutoEnableControls: &want.NewControls})
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, _ hubState) error {
		_, err := securityhub.NewFromConfig(sc.Config).DisableSecurityHub(ctx, &securityhub.DisableSecurityHubInput{})
		return unlessOff(err)
	},
	Predict: func(sc *ztcore.Scope, want *hubState) {
		want.ARN = "arn:" + sc.Partition + ":securityhub:" + sc.Region + ":" + sc.Account + ":hub/default"
	},
	Controls: []string{"CIS AWS 3.0 4.16", "NIST SP 800-207 tenet 5", "NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
}

var hubsNeed = ztcore.Permissions{
	Read:   []string{"securityhub:DescribeHub", "securityhub:ListTagsForResource"},
	Write:  []string{"iam:CreateServiceLinkedRole", "securityhub:EnableSecurityHub", "securityhub:TagResource", "securityhub:UpdateSecurityHubConfiguration"},
	Delete: []string{"securityhub:DisableSecurityHub"},
}

func readHub(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[hubState]) ([]hubState, error) {
	c := securityhub.NewFromConfig(sc.Config)
	hub, err := c.DescribeHub(ctx, &securityhub.DescribeHubInput{})
	if err != nil {
		return nil, unlessOff(err)
	}
	tags, err := c.ListTagsForResource(ctx, &securityhub.ListTagsForResourceInput{ResourceArn: hub.HubArn})
	if err != nil {
		return nil, unlessOff(err)
	}
	return []hubState{{Name: "hub", NewControls: aws.ToBool(hub.AutoEnableControls), Generator: string(hub.ControlFindingGenerator), Tags: maps.Clone(tags.Tags), ARN: *hub.HubArn}}, nil
}

func updateHub(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[hubState]) error {
	c := securityhub.NewFromConfig(sc.Config)
	if u.Changed("NewControls", "Generator") {
		in := &securityhub.UpdateSecurityHubConfigurationInput{AutoEnableControls: &u.Want.NewControls, ControlFindingGenerator: types.ControlFindingGenerator(u.Want.Generator)}
		if _, err := c.UpdateSecurityHubConfiguration(ctx, in); err != nil {
			return err
		}
	}
	if u.Changed("Tags") {
		_, err := c.TagResource(ctx, &securityhub.TagResourceInput{ResourceArn: &u.Have.ARN, Tags: u.Want.Tags})
		return err
	}
	return nil
}

// unlessOff forgives that Security Hub is off, which it says of an account that is not subscribed. A caller who lacks the
// permission gets AccessDeniedException.
// https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_DescribeHub.html
func unlessOff(err error) error {
	var off *types.InvalidAccessException
	if errors.As(err, &off) {
		return nil
	}
	return err
}

var subscriptions = ztcore.SetKind[id.ARN]{
	Name: "monitoring.SecurityStandards", Permissions: &subscriptionsNeed, ID: func(s id.ARN) string { return string(s) }, List: listStandards, Add: enableStandards, Remove: disableStandards,
	Vanishes: true, Check: checkStandards, Domain: func(ztcore.Set[id.ARN]) string { return "securityhub" },
	Controls: []string{"NIST SP 800-207 tenet 5", "CISA ZTMM Governance"},
}.Kind()

var subscriptionsNeed = ztcore.Permissions{
	Read:   []string{"securityhub:GetEnabledStandards"},
	Write:  []string{"securityhub:BatchDisableStandards", "securityhub:BatchEnableStandards"},
	Delete: []string{"securityhub:BatchDisableStandards"},
}

func enabledStandards(ctx context.Context, sc *ztcore.Scope) ([]types.StandardsSubscription, error) {
	c, in := securityhub.NewFromConfig(sc.Config), &securityhub.GetEnabledStandardsInput{}
	out := []types.StandardsSubscription{}
	for {
		page, err := c.GetEnabledStandards(ctx, in)
		if err != nil {
			return nil, err
		}
		out = append(out, page.StandardsSubscriptions...)
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return out, nil
		}
	}
}

// listStandards counts a standard that is going as there, until it is gone.
func listStandards(ctx context.Context, sc *ztcore.Scope, parents []string) (map[string][]id.ARN, error) {
	on, err := enabledStandards(ctx, sc)
	if err != nil {
		return nil, unlessOff(err)
	}
	out := map[string][]id.ARN{}
	for _, hub := range parents {
		out[hub] = []id.ARN{}
		for _, s := range on {
			out[hub] = append(out[hub], id.ARN(*s.StandardsArn))
		}
	}
	return out, nil
}

func enableStandards(ctx context.Context, sc *ztcore.Scope, _ string, add []id.ARN) error {
	in := &securityhub.BatchEnableStandardsInput{}
	for _, s := range add {
		in.StandardsSubscriptionRequests = append(in.StandardsSubscriptionRequests, types.StandardsSubscriptionRequest{StandardsArn: aws.String(string(s))})
	}
	_, err := securityhub.NewFromConfig(sc.Config).BatchEnableStandards(ctx, in)
	return err
}

// disableStandards takes the answer that one is not enabled for done, if by then none of them is: an answer that was lost has
// ended the subscription.
func disableStandards(ctx context.Context, sc *ztcore.Scope, _ string, remove []id.ARN) error {
	arns, err := subscribedTo(ctx, sc, remove)
	if err != nil || len(arns) == 0 {
		return unlessOff(err)
	}
	_, err = securityhub.NewFromConfig(sc.Config).BatchDisableStandards(ctx, &securityhub.BatchDisableStandardsInput{StandardsSubscriptionArns: arns})
	if invalid := new(types.InvalidInputException); errors.As(err, &invalid) {
		if left, failed := subscribedTo(ctx, sc, remove); failed == nil && len(left) == 0 {
			return nil
		}
	}
	return unlessOff(err)
}

// subscribedTo are the subscriptions to some standards, but for those that are going.
func subscribedTo(ctx context.Context, sc *ztcore.Scope, standards []id.ARN) ([]string, error) {
	on, err := enabledStandards(ctx, sc)
	var arns []string
	for _, s := range on {
		if slices.Contains(standards, id.ARN(*s.StandardsArn)) && s.StandardsStatus != types.StandardsStatusDeleting {
			arns = append(arns, *s.StandardsSubscriptionArn)
		}
	}
	return arns, err
}

var standardRE = regexp.MustCompile(`::standards/[a-z0-9-]+/v/[0-9]+\.[0-9]+\.[0-9]+$`)

func checkStandards(want ztcore.Set[id.ARN]) []ztcore.Finding {
	var out []ztcore.Finding
	if len(want.Members) > 25 {
		out = append(out, ztcore.Finding{Attribute: "Standards", Message: fmt.Sprintf("%d are more than there are", len(want.Members)), Fix: "name each once"})
	}
	for _, s := range want.Members {
		if !standardRE.MatchString(string(s)) {
			out = append(out, ztcore.Finding{Attribute: "Standards", Message: string(s) + " is no standard's ARN", Fix: "use one of the package's constants, or name/v/1.0.0"})
		}
	}
	return out
}
