package fakessm

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// deliver starts the runbook that an event's rule names, as arn:aws:ssm:us-east-1:123456789012:automation-definition/Name:$DEFAULT,
// with the parameters in its input.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
func (s *Service) deliver(ctx context.Context, d fakeaws.Delivery) error {
	parts := strings.SplitN(d.Target, ":", 6)
	if len(parts) < 6 || !strings.HasPrefix(parts[5], "automation-definition/") {
		return &fakeaws.NotFakedError{Service: "SSM", Operation: "delivery to " + d.Target, Why: "only automation-definition/… can be a target"}
	}
	// The delivery is no request of the account's own: it is worked on as one.
	name, version, _ := strings.Cut(strings.TrimPrefix(parts[5], "automation-definition/"), ":")
	parameters, err := inputParameters(d.Input)
	if err != nil {
		return err
	}
	region, account := parts[3], parts[4]
	if account == "" { // AWS's own runbooks are named without
		account = fakeaws.CallFrom(ctx).Account
	}
	r := s.regions.At(ctx, account, region)
	doc := r.Documents[name]
	if _, ok := awsDocuments[name]; ok {
		doc = awsDocument(name)
	}
	e, err := s.prepared(ctx, doc, name, version, parameters)
	if err != nil {
		return err
	}
	e.By = d.Role
	r.Executions[e.ID] = e
	return nil
}

// inputParameters takes a JSON object whose members are strings or lists of strings.
func inputParameters(input string) (map[string][]string, error) {
	var raw map[string]any
	if input == "" {
		return nil, nil
	}
	bad := &types.InvalidAutomationExecutionParametersException{Message: aws.String("The input is no JSON object of strings and lists of strings.")}
	if err := json.Unmarshal([]byte(input), &raw); err != nil {
		return nil, bad
	}
	out := map[string][]string{}
	for k, v := range raw {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				out[k] = append(out[k], fmt.Sprint(e))
			}
		case string, bool, float64:
			out[k] = []string{fmt.Sprint(v)}
		default:
			return nil, bad
		}
	}
	return out, nil
}
