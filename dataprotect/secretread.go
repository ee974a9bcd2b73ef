package dataprotect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

const awsKey = "alias/aws/secretsmanager"

// readSecret reads all but the value; nil if there is no such secret. A deleted one can still be restored, and shows
// no policy. ListSecrets would take fewer calls, but may lag five minutes behind.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html
func readSecret(ctx context.Context, sc *ztcore.Scope, name string) (have *secretState, deleted bool, err error) {
	client := secretsClient(sc)
	out, err := client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &name})
	if hasCode(err, "ResourceNotFoundException") {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	have = &secretState{
		Name: name, ARN: aws.ToString(out.ARN), Description: aws.ToString(out.Description), Key: aws.ToString(out.KmsKeyId),
		Tags: map[string]string{}, Stages: out.VersionIdsToStages, Created: aws.ToTime(out.CreatedDate),
	}
	if have.Key == awsKey {
		have.Key = ""
	}
	for _, t := range out.Tags {
		have.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	have.Version = have.Tags[tagVersion]
	if aws.ToBool(out.RotationEnabled) {
		have.RotationLambda = aws.ToString(out.RotationLambdaARN)
		if out.RotationRules != nil {
			have.RotationDays = int32(aws.ToInt64(out.RotationRules.AutomaticallyAfterDays))
		}
	}
	if out.DeletedDate != nil {
		return have, true, nil
	}
	doc, err := client.GetResourcePolicy(ctx, &secretsmanager.GetResourcePolicyInput{SecretId: &name})
	if err != nil {
		return nil, false, err
	}
	have.Policy = parsed(doc.ResourcePolicy)
	return have, false, nil
}

// ownedSecrets lists the baseline's secrets beside those that are known.
func ownedSecrets(ctx context.Context, sc *ztcore.Scope, known []secretState) ([]secretState, error) {
	seen := map[string]bool{}
	for _, k := range known {
		seen[k.Name] = true
	}
	client := secretsClient(sc)
	in := &secretsmanager.ListSecretsInput{Filters: []types.Filter{
		{Key: types.FilterNameStringTypeTagKey, Values: []string{ztcore.TagBaseline}},
		{Key: types.FilterNameStringTypeTagValue, Values: []string{sc.Baseline}},
	}}
	for out := []secretState(nil); ; {
		page, err := client.ListSecrets(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, s := range page.SecretList {
			for _, t := range s.Tags { // the filters match beginnings
				if aws.ToString(t.Key) == ztcore.TagBaseline && aws.ToString(t.Value) == sc.Baseline && !seen[aws.ToString(s.Name)] {
					out = append(out, secretState{Name: aws.ToString(s.Name), Window: 30})
				}
			}
		}
		if page.NextToken == nil {
			return out, nil
		}
		in.NextToken = page.NextToken
	}
}
