package fakecloudformation

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type detection struct {
	Stack string
	Done  time.Time
}

// Drift says that a resource is no longer what its template says, which detection finds from then on. Without differences it is
// as the template says again.
func (s *Service) Drift(account, in, stackName, logicalID string, differences ...types.PropertyDifference) {
	s.regions.Peek(account, in, func(r *region) {
		if k := r.Stacks[stackName]; k != nil {
			k.Drifts[logicalID] = differences
		}
	})
}

// DetectStackDrift starts to compare a stack's resources with its template.
func (s *Service) DetectStackDrift(ctx context.Context, in *cloudformation.DetectStackDriftInput, _ ...opt) (*cloudformation.DetectStackDriftOutput, error) {
	k, err := s.find(ctx, in.StackName)
	if err != nil {
		return nil, err
	}
	if inProgress(k.status()) {
		return nil, fakeaws.Error("ValidationError", "Drift detection cannot be performed on stack [%s] while it is in %s state.", k.ID, k.status())
	}
	id := s.cloud.UUID()
	s.regions.In(ctx).Detections[id] = detection{Stack: k.Name, Done: now().Add(s.cloud.Takes(changeSetTakes))}
	k.Checked = now()
	return &cloudformation.DetectStackDriftOutput{StackDriftDetectionId: &id}, nil
}

// DescribeStackDriftDetectionStatus says how far a detection is.
func (s *Service) DescribeStackDriftDetectionStatus(ctx context.Context, in *cloudformation.DescribeStackDriftDetectionStatusInput, _ ...opt) (*cloudformation.DescribeStackDriftDetectionStatusOutput, error) {
	r := s.regions.In(ctx)
	d, ok := r.Detections[*in.StackDriftDetectionId]
	k := r.Stacks[d.Stack]
	if !ok || k == nil {
		return nil, fakeaws.Error("ValidationError", "Drift detection status for id %s does not exist", *in.StackDriftDetectionId)
	}
	out := &cloudformation.DescribeStackDriftDetectionStatusOutput{
		StackDriftDetectionId: in.StackDriftDetectionId, StackId: aws.String(k.ID), Timestamp: aws.Time(k.Checked), DetectionStatus: types.StackDriftDetectionStatusDetectionInProgress,
	}
	if !d.Done.After(time.Now()) {
		out.DetectionStatus, out.StackDriftStatus, out.DriftedStackResourceCount = types.StackDriftDetectionStatusDetectionComplete, k.driftStatus(), aws.Int32(int32(len(k.drifted())))
	}
	return out, nil
}

// DescribeStackResourceDrifts answers the resources of a stack whose drift was detected.
func (s *Service) DescribeStackResourceDrifts(ctx context.Context, in *cloudformation.DescribeStackResourceDriftsInput, _ ...opt) (*cloudformation.DescribeStackResourceDriftsOutput, error) {
	k, err := s.find(ctx, in.StackName)
	if err != nil {
		return nil, err
	}
	t, _ := parse(k.Template)
	found := []types.StackResourceDrift{}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		d := types.StackResourceDrift{
			LogicalResourceId: &id, PhysicalResourceId: aws.String(k.physical(id)), ResourceType: aws.String(t.Resources[id].Type), StackId: aws.String(k.ID), Timestamp: aws.Time(k.Checked),
			StackResourceDriftStatus: types.StackResourceDriftStatusInSync, PropertyDifferences: k.Drifts[id],
		}
		if len(d.PropertyDifferences) > 0 {
			d.StackResourceDriftStatus = types.StackResourceDriftStatusModified
		}
		if !k.Checked.IsZero() && (len(in.StackResourceDriftStatusFilters) == 0 || slices.Contains(in.StackResourceDriftStatusFilters, d.StackResourceDriftStatus)) {
			found = append(found, d)
		}
	}
	some, next, ok := fakeaws.Page(ctx, found, in.NextToken, in.MaxResults, largePage)
	if !ok {
		return nil, fakeaws.Error("ValidationError", "1 validation error detected: Value at 'nextToken' is not valid")
	}
	return &cloudformation.DescribeStackResourceDriftsOutput{StackResourceDrifts: some, NextToken: next}, nil
}

func (k *stack) drifted() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(k.Drifts)), func(id string) bool { return len(k.Drifts[id]) == 0 })
}

func (k *stack) driftStatus() types.StackDriftStatus {
	if len(k.drifted()) > 0 {
		return types.StackDriftStatusDrifted
	}
	return types.StackDriftStatusInSync
}
