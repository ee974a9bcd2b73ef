package analyzer_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam/analyzer"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeaccessanalyzer"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

func newCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakeaccessanalyzer.Install) }

// There is no test on the wire: moto has no Access Analyzer.
func TestAnalyzer(t *testing.T) {
	unused := func(days int32, tags map[string]string) analyzer.Analyzer {
		return analyzer.Analyzer{Name: "a", Type: analyzer.AccountUnused, UnusedAfterDays: days, Tags: tags}
	}
	kindtest.Run(t, kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: unused(0, nil)},
			{Resource: unused(30, nil), Changes: []string{"iam.Analyzer/a UnusedAfterDays"}},
			{Resource: unused(30, map[string]string{"team": "x"}), Changes: []string{"iam.Analyzer/a Tags"}},
			{Resource: analyzer.Analyzer{Name: "a", Tags: map[string]string{"team": "x"}}, Changes: []string{"iam.Analyzer/a Type", "iam.Analyzer/a UnusedAfterDays"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := accessanalyzer.NewFromConfig(cfg).UpdateAnalyzer(ctx, &accessanalyzer.UpdateAnalyzerInput{
				AnalyzerName:  aws.String("a"),
				Configuration: &types.AnalyzerConfigurationMemberUnusedAccess{Value: types.UnusedAccessConfiguration{UnusedAccessAge: aws.Int32(365)}},
			})
			return err
		},
	})
}

func TestInputIsChecked(t *testing.T) {
	err := ztcore.NewBaseline("b", analyzer.Analyzer{Name: "1", UnusedAfterDays: 3}, analyzer.Analyzer{Name: "a", Type: "X"}, analyzer.Analyzer{Name: "b", Type: analyzer.AccountUnused, UnusedAfterDays: 400}).Check()
	for _, want := range []string{`"1" can't be an analyzer's name`, "is for the types of unused access only", "X is no type of analyzer", "is not within 1 to 365"} {
		require.ErrorContains(t, err, want)
	}
}

func Example() {
	a := analyzer.Analyzer{Name: "account-analyzer"}
	plan, err := ztcore.NewBaseline("analyzers", a).Plan(context.Background(), newCloud().Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan.Steps[0].Action, plan.Steps[0].Address)
	// Output: create iam.Analyzer/account-analyzer
}
