package dataprotect

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

type lifecycleState struct {
	Bucket string          `zt:"key"`
	Rules  []lifecycleRule `zt:"set"`
}

// lifecycleRule is a rule for the whole bucket, in days; 0 is never.
type lifecycleRule struct {
	Name            string
	ExpireAfter     int32           `json:",omitempty"`
	KeepOldVersions int32           `json:",omitempty"`
	KeepUploads     int32           `json:",omitempty"`
	Foreign         json.RawMessage `json:",omitempty"` // a rule that is not ours, as S3 shows it
}

var lifecycles = &ztcore.Kind[lifecycleState]{
	Name: "dataprotect.BucketLifecycle", Permissions: &lifecyclesNeed,
	Get: getLifecycle, Put: putLifecycle, Check: checkLifecycle, PartOf: true,
	Domain:   func(want lifecycleState) string { return s3Domain(want.Bucket) },
	Controls: []string{"FSBP S3.13", "NIST SP 800-207 tenet 5", "CISA ZTMM Data"},
}

var lifecyclesNeed = ztcore.Permissions{Read: []string{"s3:GetLifecycleConfiguration"}, Write: []string{"s3:PutLifecycleConfiguration"}}

const ourRule = "zerotrust"

func (l Lifecycle) rules() []lifecycleRule {
	return []lifecycleRule{{Name: ourRule, ExpireAfter: days(l.ExpireAfter, 0), KeepOldVersions: days(l.KeepOldVersions, 90), KeepUploads: days(l.KeepUploads, 7)}}
}

func checkLifecycle(want lifecycleState) []ztcore.Finding {
	if r := want.Rules[0]; r.ExpireAfter < 0 || r.KeepOldVersions < 1 || r.KeepUploads < 1 {
		return []ztcore.Finding{{Attribute: "Lifecycle", Message: "S3 counts whole days, from 1", Fix: "use multiples of 24 hours"}}
	}
	return nil
}

func getLifecycle(ctx context.Context, sc *ztcore.Scope, want lifecycleState) (lifecycleState, bool, error) {
	have := lifecycleState{Bucket: want.Bucket}
	out, err := s3.NewFromConfig(sc.Config).GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &want.Bucket, ExpectedBucketOwner: &sc.Account})
	exists, set, err := configured(err, "NoSuchLifecycleConfiguration")
	if !set {
		return have, exists, err
	}
	for _, r := range out.Rules {
		have.Rules = append(have.Rules, readRule(r))
	}
	return have, true, nil
}

// readRule recognizes what writeRule writes. Everything else is foreign, and shown whole.
func readRule(r types.LifecycleRule) lifecycleRule {
	rule := lifecycleRule{Name: aws.ToString(r.ID)}
	if r.Expiration != nil {
		rule.ExpireAfter = aws.ToInt32(r.Expiration.Days)
	}
	if r.NoncurrentVersionExpiration != nil {
		rule.KeepOldVersions = aws.ToInt32(r.NoncurrentVersionExpiration.NoncurrentDays)
	}
	if r.AbortIncompleteMultipartUpload != nil {
		rule.KeepUploads = aws.ToInt32(r.AbortIncompleteMultipartUpload.DaysAfterInitiation)
	}
	//lint:ignore SA1019 rules written long ago, or by other tools, still have it
	if f := r.Filter; aws.ToString(r.Prefix) == "" && (f == nil || *f == types.LifecycleRuleFilter{Prefix: f.Prefix} && aws.ToString(f.Prefix) == "") {
		//lint:ignore SA1019 as above
		r.Prefix, r.Filter = nil, &types.LifecycleRuleFilter{Prefix: aws.String("")} // all of them mean the whole bucket
	}
	seen, _ := json.Marshal(r) // plain data, which always can be
	if ours, _ := json.Marshal(writeRule(rule)); string(ours) != string(seen) {
		return lifecycleRule{Name: rule.Name, Foreign: seen}
	}
	return rule
}

func writeRule(r lifecycleRule) types.LifecycleRule {
	out := types.LifecycleRule{
		ID: &r.Name, Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")},
		Expiration:                     &types.LifecycleExpiration{ExpiredObjectDeleteMarker: aws.Bool(true)},
		NoncurrentVersionExpiration:    &types.NoncurrentVersionExpiration{NoncurrentDays: &r.KeepOldVersions},
		AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: &r.KeepUploads},
	}
	if r.ExpireAfter > 0 {
		out.Expiration = &types.LifecycleExpiration{Days: &r.ExpireAfter}
	}
	return out
}

func putLifecycle(ctx context.Context, sc *ztcore.Scope, want lifecycleState) error {
	var rules []types.LifecycleRule
	for _, r := range want.Rules {
		rules = append(rules, writeRule(r))
	}
	_, err := s3.NewFromConfig(sc.Config).PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
		Bucket: &want.Bucket, ExpectedBucketOwner: &sc.Account, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules},
	})
	return err
}
