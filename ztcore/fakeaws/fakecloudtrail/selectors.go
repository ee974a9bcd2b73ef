package fakecloudtrail

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
const (
	mostSelectors = 5
	mostValues    = 500 // of all conditions of all advanced selectors
	mostResources = 250
)

func badSelectors(message string) error {
	return &types.InvalidEventSelectorsException{Message: &message}
}

// PutEventSelectors says which events a trail records: by basic selectors or by advanced ones, not both.
func (s *Service) PutEventSelectors(ctx context.Context, in *cloudtrail.PutEventSelectorsInput, _ ...Options) (*cloudtrail.PutEventSelectorsOutput, error) {
	t, err := s.find(ctx, in.TrailName, false)
	if err != nil {
		return nil, err
	}
	switch {
	case (len(in.EventSelectors) == 0) == (len(in.AdvancedEventSelectors) == 0):
		return nil, badSelectors("Specify either EventSelectors or AdvancedEventSelectors.")
	case len(in.EventSelectors) > mostSelectors:
		return nil, badSelectors("A trail has at most 5 event selectors.")
	}
	if err := checkBasic(in.EventSelectors); err != nil {
		return nil, err
	}
	if err := checkAdvanced(in.AdvancedEventSelectors); err != nil {
		return nil, err
	}
	t.Basic, t.Advanced = clone(in.EventSelectors), clone(in.AdvancedEventSelectors)
	for i := range t.Basic {
		if t.Basic[i].ReadWriteType == "" {
			t.Basic[i].ReadWriteType = types.ReadWriteTypeAll
		}
		if t.Basic[i].IncludeManagementEvents == nil {
			t.Basic[i].IncludeManagementEvents = aws.Bool(true)
		}
	}
	plain := len(t.Basic) == 1 && t.Basic[0].ReadWriteType == types.ReadWriteTypeAll && *t.Basic[0].IncludeManagementEvents && len(t.Basic[0].DataResources)+len(t.Basic[0].ExcludeManagementEventSources) == 0
	t.Spec.HasCustomEventSelectors = aws.Bool(!plain)
	return &cloudtrail.PutEventSelectorsOutput{TrailARN: aws.String(*t.Spec.TrailARN), EventSelectors: clone(t.Basic), AdvancedEventSelectors: clone(t.Advanced)}, nil
}

func checkBasic(selectors []types.EventSelector) error {
	resources := 0
	for _, e := range selectors {
		if e.ReadWriteType != "" && !slices.Contains(e.ReadWriteType.Values(), e.ReadWriteType) {
			return badSelectors("The value of ReadWriteType is not valid.")
		}
		if len(e.ExcludeManagementEventSources) > 0 && e.IncludeManagementEvents != nil && !*e.IncludeManagementEvents {
			return badSelectors("ExcludeManagementEventSources goes with management events only.")
		}
		for _, source := range e.ExcludeManagementEventSources {
			if source != "kms.amazonaws.com" && source != "rdsdata.amazonaws.com" {
				return badSelectors("The value of ExcludeManagementEventSources is not valid: " + source)
			}
		}
		for _, d := range e.DataResources {
			if !slices.Contains([]string{"AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table"}, aws.ToString(d.Type)) {
				return badSelectors("Basic selectors take no data resource of the type " + aws.ToString(d.Type))
			}
			resources += len(d.Values)
		}
	}
	if resources > mostResources {
		return badSelectors("A trail has at most 250 data resources.")
	}
	return nil
}

func checkAdvanced(selectors []types.AdvancedEventSelector) error {
	values := 0
	for _, a := range selectors {
		by := map[string][]string{}
		for _, f := range a.FieldSelectors {
			others := slices.Concat(f.NotEquals, f.StartsWith, f.NotStartsWith, f.EndsWith, f.NotEndsWith)
			n, field := len(f.Equals)+len(others), aws.ToString(f.Field)
			if _, twice := by[field]; n == 0 || twice {
				return badSelectors("Each field is selected once, and by a value: " + field)
			}
			if len(others) > 0 && (field == "eventCategory" || field == "readOnly" || field == "resources.type") {
				return badSelectors("The only operator of " + field + " is Equals.")
			}
			by[field] = f.Equals
			values += n
		}
		switch category := by["eventCategory"]; {
		case len(category) != 1 || category[0] != "Management" && category[0] != "Data" && category[0] != "NetworkActivity":
			return badSelectors("An advanced selector of a trail names one eventCategory: Management, Data or NetworkActivity.")
		case category[0] == "Data" && len(by["resources.type"]) != 1:
			return badSelectors("A selector of data events names one resources.type.")
		case category[0] == "Management" && by["resources.type"] != nil:
			return badSelectors("A selector of management events has no resources.type.")
		}
	}
	if values > mostValues {
		return badSelectors("The selectors of a trail have at most 500 values.")
	}
	return nil
}

// GetEventSelectors answers which events a trail records.
func (s *Service) GetEventSelectors(ctx context.Context, in *cloudtrail.GetEventSelectorsInput, _ ...Options) (*cloudtrail.GetEventSelectorsOutput, error) {
	t, err := s.find(ctx, in.TrailName, true)
	if err != nil {
		return nil, err
	}
	return &cloudtrail.GetEventSelectorsOutput{TrailARN: aws.String(*t.Spec.TrailARN), EventSelectors: clone(t.Basic), AdvancedEventSelectors: clone(t.Advanced)}, nil
}

// PutInsightSelectors says which kinds of unusual activity are looked for; none turns Insights off.
func (s *Service) PutInsightSelectors(ctx context.Context, in *cloudtrail.PutInsightSelectorsInput, _ ...Options) (*cloudtrail.PutInsightSelectorsOutput, error) {
	t, err := s.find(ctx, in.TrailName, false)
	if err != nil {
		return nil, err
	}
	for _, i := range in.InsightSelectors {
		if !slices.Contains(i.InsightType.Values(), i.InsightType) {
			return nil, &types.InvalidInsightSelectorsException{Message: aws.String("The Insights type is not valid: " + string(i.InsightType))}
		}
	}
	t.Insights = clone(in.InsightSelectors)
	t.Spec.HasInsightSelectors = aws.Bool(len(t.Insights) > 0)
	return &cloudtrail.PutInsightSelectorsOutput{TrailARN: aws.String(*t.Spec.TrailARN), InsightSelectors: clone(t.Insights)}, nil
}

// GetInsightSelectors answers which kinds of unusual activity are looked for; an error if none is.
func (s *Service) GetInsightSelectors(ctx context.Context, in *cloudtrail.GetInsightSelectorsInput, _ ...Options) (*cloudtrail.GetInsightSelectorsOutput, error) {
	t, err := s.find(ctx, in.TrailName, true)
	if err != nil {
		return nil, err
	}
	if len(t.Insights) == 0 {
		return nil, &types.InsightNotEnabledException{Message: aws.String("Trail " + *t.Spec.Name + " does not have Insights enabled.")}
	}
	return &cloudtrail.GetInsightSelectorsOutput{TrailARN: aws.String(*t.Spec.TrailARN), InsightSelectors: clone(t.Insights)}, nil
}

// clone copies the SDK's structures, so that state and answers share nothing.
func clone[T any](v []T) []T {
	if len(v) == 0 {
		return nil
	}
	var out []T
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		panic("fakecloudtrail: not plain data: " + err.Error())
	}
	return out
}
