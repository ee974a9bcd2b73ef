// Package fakests is the Security Token Service of a fakeaws.Cloud.
package fakests

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles STS. It keeps no state but the keys it issues.
type Service struct{ cloud *fakeaws.Cloud }

// Install adds STS to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c}
	fakeaws.On(c, s.GetCallerIdentity)
	fakeaws.On(c, s.AssumeRole, "RoleArn", "RoleSessionName", "DurationSeconds")
}

func (s *Service) GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput, _ ...func(*sts.Options)) (*sts.GetCallerIdentityOutput, error) {
	who := fakeaws.CallFrom(ctx).Caller
	return &sts.GetCallerIdentityOutput{Account: &who.Account, Arn: &who.ARN, UserId: &who.UserID}, nil
}

// AssumeRole issues credentials for a role of any account of the cloud. Where IAM is installed the role must exist and
// have propagated; whether its trust policy admits the caller is not checked.
func (s *Service) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, _ ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	parts := strings.SplitN(aws.ToString(in.RoleArn), ":", 6)
	if len(parts) != 6 || !strings.HasPrefix(parts[5], "role/") {
		return nil, fakeaws.Error("ValidationError", "%s is invalid", aws.ToString(in.RoleArn))
	}
	unique := s.cloud.UniqueID("AROA")
	if iam, ok := fakeaws.Capability[fakeaws.Principals](s.cloud); ok {
		id, created, found := iam.Principal(ctx, *in.RoleArn)
		if !found || time.Since(created) < s.cloud.Propagation() {
			return nil, fakeaws.Status(403, fakeaws.Error("AccessDenied", "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", fakeaws.CallFrom(ctx).Caller.ARN, *in.RoleArn))
		}
		unique = id
	}
	path := strings.Split(parts[5], "/")
	session := aws.ToString(in.RoleSessionName)
	who := fakeaws.Caller{
		Account: parts[4],
		ARN:     "arn:" + parts[1] + ":sts::" + parts[4] + ":assumed-role/" + path[len(path)-1] + "/" + session,
		UserID:  unique + ":" + session,
	}
	life := time.Hour
	if in.DurationSeconds != nil {
		life = time.Duration(*in.DurationSeconds) * time.Second
	}
	key := s.cloud.Credentials(who).AccessKeyID
	return &sts.AssumeRoleOutput{
		AssumedRoleUser: &types.AssumedRoleUser{Arn: &who.ARN, AssumedRoleId: &who.UserID},
		Credentials: &types.Credentials{
			AccessKeyId: &key, SecretAccessKey: aws.String("fake"), SessionToken: aws.String("fake"),
			Expiration: aws.Time(time.Now().Add(life)),
		},
	}, nil
}
