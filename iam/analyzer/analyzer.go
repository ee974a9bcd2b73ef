// Package analyzer declares IAM Access Analyzer, which finds what an account shares with others and what nobody uses. It is a
// package of its own, since it is about another service than iam.
//
//	analyzer.Analyzer{Name: "account-analyzer"}                                        // what is shared outside the account
//	analyzer.Analyzer{Name: "unused", Type: analyzer.AccountUnused, UnusedAfterDays: 90} // what nobody uses; costs by identity
package analyzer

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Type is what an analyzer looks at. The organization's need its management account or a delegated administrator.
type Type string

// Types of analyzers, as AWS calls them.
const (
	Account            Type = "ACCOUNT" // access from outside the account
	Organization       Type = "ORGANIZATION"
	AccountUnused      Type = "ACCOUNT_UNUSED_ACCESS" // roles, keys, passwords and permissions that nobody uses
	OrganizationUnused Type = "ORGANIZATION_UNUSED_ACCESS"
)

// Analyzer is an access analyzer of the account in the region. One of each type is allowed for an account.
type Analyzer struct {
	Name            string // 1–255 letters, digits and _.-, beginning with a letter; a change makes another analyzer
	Type            Type   // Account if empty; a change makes another analyzer
	UnusedAfterDays int32  // for the types of unused access: 1–365, 90 if 0
	Tags            map[string]string
}

// ARN is the analyzer's ARN, known before it exists.
func (a Analyzer) ARN() id.ARN { return id.ARN(analyzers.Ref(a.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (a Analyzer) Declare(d *ztcore.Declaration) {
	s := state{Name: a.Name, Type: a.Type, Tags: a.Tags, UnusedAfterDays: a.UnusedAfterDays}
	if s.Type == "" {
		s.Type = Account
	}
	if s.Type.unused() && s.UnusedAfterDays == 0 {
		s.UnusedAfterDays = 90
	}
	analyzers.Declare(d, a.Name, s)
}

func (t Type) unused() bool { return t == AccountUnused || t == OrganizationUnused }

// Kinds lists the package's kinds, for ztcore.Prune.
func Kinds() []ztcore.AnyKind { return []ztcore.AnyKind{analyzers} }

type state struct {
	Name            string `zt:"key"`
	Type            Type   `zt:"immutable"`
	UnusedAfterDays int32
	Tags            map[string]string `zt:"tags"`
	ARN             string            `zt:"output"`
}

var analyzers = &ztcore.Kind[state]{
	Name: "iam.Analyzer", Permissions: &analyzersNeed, Read: read, Create: create, Update: update, Delete: remove, Check: check,
	Predict: func(sc *ztcore.Scope, want *state) {
		want.ARN = fmt.Sprintf("arn:%s:access-analyzer:%s:%s:analyzer/%s", sc.Partition, sc.Region, sc.Account, want.Name)
	},
	Controls: []string{"CIS AWS 3.0 1.20", "NIST SP 800-207 tenet 5"},
}

var analyzersNeed = ztcore.Permissions{
	Read:   []string{"access-analyzer:GetAnalyzer", "access-analyzer:ListAnalyzers"},
	Write:  []string{"access-analyzer:CreateAnalyzer", "access-analyzer:TagResource", "access-analyzer:UpdateAnalyzer", "iam:CreateServiceLinkedRole"},
	Delete: []string{"access-analyzer:DeleteAnalyzer"},
}

// read lists, and asks by itself for what the listing omits: the configuration, of the types that have one.
// https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AnalyzerSummary.html
func read(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[state]) ([]state, error) {
	c := accessanalyzer.NewFromConfig(sc.Config)
	var out []state
	in := &accessanalyzer.ListAnalyzersInput{}
	for {
		page, err := c.ListAnalyzers(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, a := range page.Analyzers {
			out = append(out, state{Name: *a.Name, Type: Type(a.Type), Tags: a.Tags, ARN: *a.Arn})
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	return out, ztcore.Each(ctx, len(out), func(ctx context.Context, i int) error {
		if !out[i].Type.unused() {
			return nil
		}
		a, err := c.GetAnalyzer(ctx, &accessanalyzer.GetAnalyzerInput{AnalyzerName: &out[i].Name})
		if err != nil {
			return unlessAbsent(err) // deleted since it was listed: the next read tells
		}
		if u, ok := a.Analyzer.Configuration.(*types.AnalyzerConfigurationMemberUnusedAccess); ok {
			out[i].UnusedAfterDays = aws.ToInt32(u.Value.UnusedAccessAge)
		}
		return nil
	})
}

// configuration is nil for the types that have none.
func configuration(want state) types.AnalyzerConfiguration {
	if !want.Type.unused() {
		return nil
	}
	return &types.AnalyzerConfigurationMemberUnusedAccess{Value: types.UnusedAccessConfiguration{UnusedAccessAge: &want.UnusedAfterDays}}
}

func create(ctx context.Context, sc *ztcore.Scope, want state) error {
	_, err := accessanalyzer.NewFromConfig(sc.Config).CreateAnalyzer(ctx, &accessanalyzer.CreateAnalyzerInput{
		AnalyzerName: &want.Name, Type: types.Type(want.Type), Tags: want.Tags, Configuration: configuration(want),
	})
	return err
}

func update(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[state]) error {
	c := accessanalyzer.NewFromConfig(sc.Config)
	if u.Changed("UnusedAfterDays") {
		if _, err := c.UpdateAnalyzer(ctx, &accessanalyzer.UpdateAnalyzerInput{AnalyzerName: &u.Want.Name, Configuration: configuration(u.Want)}); err != nil {
			return err
		}
	}
	if u.Changed("Tags") {
		_, err := c.TagResource(ctx, &accessanalyzer.TagResourceInput{ResourceArn: &u.Have.ARN, Tags: u.Want.Tags})
		return err
	}
	return nil
}

func remove(ctx context.Context, sc *ztcore.Scope, have state) error {
	_, err := accessanalyzer.NewFromConfig(sc.Config).DeleteAnalyzer(ctx, &accessanalyzer.DeleteAnalyzerInput{AnalyzerName: &have.Name})
	return unlessAbsent(err)
}

// unlessAbsent forgives that an analyzer is gone already.
func unlessAbsent(err error) error {
	var none *types.ResourceNotFoundException
	if errors.As(err, &none) {
		return nil
	}
	return err
}

// https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateAnalyzer.html
var nameRE = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,254}$`)

func check(want state) []ztcore.Finding {
	var out []ztcore.Finding
	if !nameRE.MatchString(want.Name) {
		out = append(out, ztcore.Finding{Attribute: "Name", Message: fmt.Sprintf("%q can't be an analyzer's name", want.Name), Fix: "use 1–255 letters, digits and _.-, beginning with a letter"})
	}
	switch want.Type {
	case Account, Organization:
		if want.UnusedAfterDays != 0 {
			out = append(out, ztcore.Finding{Attribute: "UnusedAfterDays", Message: "is for the types of unused access only", Fix: "leave it out, or choose AccountUnused"})
		}
	case AccountUnused, OrganizationUnused:
		if want.UnusedAfterDays < 1 || want.UnusedAfterDays > 365 {
			out = append(out, ztcore.Finding{Attribute: "UnusedAfterDays", Message: "is not within 1 to 365", Fix: "choose a number of days in that range"})
		}
	default:
		out = append(out, ztcore.Finding{Attribute: "Type", Message: string(want.Type) + " is no type of analyzer", Fix: "use one of the package's constants"})
	}
	return out
}
