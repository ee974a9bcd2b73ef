package stack

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Drift is what CloudFormation has found of one resource that is no longer what its template says.
type Drift struct {
	LogicalID   string
	Type        string
	PhysicalID  string
	Deleted     bool
	Differences []Difference
}

// Difference is one property of it.
type Difference struct{ Path, Expected, Actual string }

// String is the drift in one line.
func (d Drift) String() string {
	if d.Deleted {
		return d.LogicalID + " (" + d.Type + ") was deleted"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)", d.LogicalID, d.Type)
	for i, x := range d.Differences {
		fmt.Fprintf(&b, "%s %s: %s → %s", map[bool]string{true: ":", false: ";"}[i == 0], x.Path, x.Expected, x.Actual)
	}
	return b.String()
}

// DetectDrift has CloudFormation compare a stack's resources with its template, and waits for it. A plan does not, since it takes
// a while and counts as a change to the stack; and applying the same template again repairs nothing, since CloudFormation sees no
// change. Not all types of resources can be compared.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
func DetectDrift(ctx context.Context, cfg aws.Config, name string) ([]Drift, error) {
	c := cloudformation.NewFromConfig(cfg)
	begun, err := c.DetectStackDrift(ctx, &cloudformation.DetectStackDriftInput{StackName: &name})
	if err != nil {
		return nil, err
	}
	err = poll(ctx, "drift of stack "+name, func() (bool, error) {
		out, err := c.DescribeStackDriftDetectionStatus(ctx, &cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: begun.StackDriftDetectionId})
		if err == nil && out.DetectionStatus == types.StackDriftDetectionStatusDetectionFailed {
			return false, fmt.Errorf("drift of stack %s could not be detected: %s", name, aws.ToString(out.DetectionStatusReason))
		}
		return err == nil && out.DetectionStatus == types.StackDriftDetectionStatusDetectionComplete, err
	})
	if err != nil {
		return nil, err
	}
	var found []Drift
	in := &cloudformation.DescribeStackResourceDriftsInput{StackName: &name, StackResourceDriftStatusFilters: []types.StackResourceDriftStatus{types.StackResourceDriftStatusModified, types.StackResourceDriftStatusDeleted}}
	for {
		page, err := c.DescribeStackResourceDrifts(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, r := range page.StackResourceDrifts {
			d := Drift{LogicalID: aws.ToString(r.LogicalResourceId), Type: aws.ToString(r.ResourceType), PhysicalID: aws.ToString(r.PhysicalResourceId), Deleted: r.StackResourceDriftStatus == types.StackResourceDriftStatusDeleted}
			for _, x := range r.PropertyDifferences {
				d.Differences = append(d.Differences, Difference{Path: aws.ToString(x.PropertyPath), Expected: aws.ToString(x.ExpectedValue), Actual: aws.ToString(x.ActualValue)})
			}
			found = append(found, d)
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return found, nil
		}
	}
}
