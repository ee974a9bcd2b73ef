package configrules

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Aggregator shows in one place what Config knows of all regions of several accounts, or of the whole organization.
type Aggregator struct {
	Name string // 1–256 letters, digits and _-
	// Accounts are those it is about, each of which has to authorize it; with OrganizationRole it is all of the organization.
	Accounts []string
	// OrganizationRole lets Config list the organization's accounts: it has the policy service-role/AWSConfigRoleForOrganizations.
	OrganizationRole id.RoleARN
	Tags             map[string]string
}

// Declare implements ztcore.Resource.
func (a Aggregator) Declare(d *ztcore.Declaration) {
	aggregators.Declare(d, a.Name, aggregatorState{Name: a.Name, Accounts: append([]string{}, a.Accounts...), OrganizationRole: string(a.OrganizationRole), AllRegions: true, Tags: a.Tags})
}

type aggregatorState struct {
	Name             string   `zt:"key"`
	Accounts         []string `zt:"set"`
	OrganizationRole string
	AllRegions       bool
	Tags             map[string]string `zt:"tags"`
	ARN              string            `zt:"output"`
}

var aggregators = &ztcore.Kind[aggregatorState]{
	Name: "governance.ConfigAggregator", Permissions: &aggregatorsNeed, PermissionsFor: aggregatorsNeedFor, Read: readAggregators, Check: checkAggregator,
	Create: func(ctx context.Context, sc *ztcore.Scope, want aggregatorState) error {
		_, err := configservice.NewFromConfig(sc.Config).PutConfigurationAggregator(ctx, want.input())
		return err
	},
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[aggregatorState]) (err error) {
		c := configservice.NewFromConfig(sc.Config)
		if u.Changed("Accounts", "OrganizationRole", "AllRegions") {
			_, err = c.PutConfigurationAggregator(ctx, u.Want.input())
		}
		if err == nil && u.Changed("Tags") {
			_, err = c.TagResource(ctx, &configservice.TagResourceInput{ResourceArn: &u.Have.ARN, Tags: toTags(u.Want.Tags)})
		}
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have aggregatorState) error {
		_, err := configservice.NewFromConfig(sc.Config).DeleteConfigurationAggregator(ctx, &configservice.DeleteConfigurationAggregatorInput{ConfigurationAggregatorName: &have.Name})
		return unlessAbsent(err)
	},
	Retry:    []ztcore.Retry{freshRole},
	Controls: []string{"NIST SP 800-207 tenet 5", "CISA ZTMM Visibility and Analytics"},
}

var aggregatorsNeed = ztcore.Permissions{
	Read:   []string{"config:DescribeConfigurationAggregators", "config:ListTagsForResource"},
	Write:  []string{"config:PutConfigurationAggregator", "config:TagResource", "iam:PassRole"},
	Delete: []string{"config:DeleteConfigurationAggregator"},
}

// aggregatorsNeedFor is what Config asks of who aggregates a whole organization.
func aggregatorsNeedFor(want aggregatorState) ztcore.Permissions {
	if want.OrganizationRole == "" {
		return ztcore.Permissions{}
	}
	return ztcore.Permissions{Write: []string{"organizations:EnableAWSServiceAccess", "organizations:ListDelegatedAdministrators"}}
}

// input is what is sent, new or changed; AWS takes the tags only if it is new.
func (s aggregatorState) input() *configservice.PutConfigurationAggregatorInput {
	in := &configservice.PutConfigurationAggregatorInput{ConfigurationAggregatorName: &s.Name, Tags: toTags(s.Tags)}
	if s.OrganizationRole != "" {
		in.OrganizationAggregationSource = &types.OrganizationAggregationSource{RoleArn: &s.OrganizationRole, AllAwsRegions: true}
	} else {
		in.AccountAggregationSources = []types.AccountAggregationSource{{AccountIds: s.Accounts, AllAwsRegions: true}}
	}
	return in
}

func readAggregators(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[aggregatorState]) ([]aggregatorState, error) {
	c := configservice.NewFromConfig(sc.Config)
	var found []*aggregatorState
	in := &configservice.DescribeConfigurationAggregatorsInput{}
	for {
		page, err := c.DescribeConfigurationAggregators(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, a := range page.ConfigurationAggregators {
			s := &aggregatorState{Name: aws.ToString(a.ConfigurationAggregatorName), Accounts: []string{}, ARN: aws.ToString(a.ConfigurationAggregatorArn)}
			for _, source := range a.AccountAggregationSources {
				s.Accounts, s.AllRegions = append(s.Accounts, source.AccountIds...), source.AllAwsRegions
			}
			if source := a.OrganizationAggregationSource; source != nil {
				s.OrganizationRole, s.AllRegions = aws.ToString(source.RoleArn), source.AllAwsRegions
			}
			if q.Owned || slices.ContainsFunc(q.Want, func(w aggregatorState) bool { return w.Name == s.Name }) {
				found = append(found, s)
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	err := ztcore.Each(ctx, len(found), func(ctx context.Context, i int) (err error) {
		found[i].Tags, err = tagsOf(ctx, c, found[i].ARN)
		return err
	})
	return present(found), err
}

var (
	aggregatorRE = regexp.MustCompile(`^[\w-]{1,256}$`)
	accountRE    = regexp.MustCompile(`^\d{12}$`)
)

func checkAggregator(want aggregatorState) []ztcore.Finding {
	var out []ztcore.Finding
	if !aggregatorRE.MatchString(want.Name) {
		out = append(out, ztcore.Finding{Attribute: "Name", Message: fmt.Sprintf("%q can't be an aggregator's name", want.Name), Fix: "use 1–256 letters, digits and _-"})
	}
	if (want.OrganizationRole == "") == (len(want.Accounts) == 0) {
		out = append(out, ztcore.Finding{Attribute: "Accounts", Message: "an aggregator is about accounts or about the organization", Fix: "set one of Accounts and OrganizationRole"})
	}
	for _, a := range want.Accounts {
		if !ztcore.HasToken(a) && !accountRE.MatchString(a) {
			out = append(out, ztcore.Finding{Attribute: "Accounts", Message: fmt.Sprintf("%q can't be an account", a), Fix: "use 12 digits"})
		}
	}
	return out
}
