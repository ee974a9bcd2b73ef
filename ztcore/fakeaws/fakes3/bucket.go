package fakes3

import (
	"context"
	"sort"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// CreateBucket makes a bucket with the defaults that AWS gives since April 2026: encrypted with AES256, SSE-C
// blocked, no public access, no ACLs.
func (s *Service) CreateBucket(ctx context.Context, in *s3.CreateBucketInput, _ ...Options) (*s3.CreateBucketOutput, error) {
	call := fakeaws.CallFrom(ctx)
	name := *in.Bucket
	if err := checkName(name); err != nil {
		return nil, err
	}
	if err := checkLocation(call.Region, in.CreateBucketConfiguration); err != nil {
		return nil, err
	}
	st := s.store.In(ctx)
	if old, ok := st.Buckets[name]; ok {
		switch {
		case old.Account != call.Account:
			return nil, fakeaws.Status(409, &types.BucketAlreadyExists{Message: aws.String("The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.")})
		case call.Region == fakeaws.DefaultRegion && old.Region == call.Region:
			return &s3.CreateBucketOutput{Location: aws.String("/" + name)}, nil // as us-east-1 alone does
		}
		return nil, fakeaws.Status(409, &types.BucketAlreadyOwnedByYou{Message: aws.String("Your previous request to create the named bucket succeeded and you already own it.")})
	}
	ownership := in.ObjectOwnership
	if ownership == "" {
		ownership = types.ObjectOwnershipBucketOwnerEnforced
	}
	if !known(ownership) {
		return nil, invalidArgument("Invalid x-amz-object-ownership header: %s", ownership)
	}
	grants, err := cannedGrants(call.Account, in.ACL)
	switch {
	case err != nil:
		return nil, err
	case in.ACL != "" && ownership == types.ObjectOwnershipBucketOwnerEnforced:
		return nil, refuse(400, "InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
	case public(grants):
		return nil, refuse(400, "InvalidBucketAclWithBlockPublicAccessError", "Bucket cannot have public ACLs set with BlockPublicAccess enabled")
	}
	b := &Bucket{
		Name: name, Account: call.Account, Region: call.Region, Created: time.Now(), Encryption: defaultEncryption(), Ownership: ownership,
		Grants: grants, PublicAccess: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
		},
		Tags: map[string]string{}, Objects: map[string][]*Version{},
	}
	if in.CreateBucketConfiguration != nil {
		if b.Tags, err = tagMap(in.CreateBucketConfiguration.Tags); err != nil {
			return nil, err
		}
	}
	if aws.ToBool(in.ObjectLockEnabledForBucket) {
		b.ObjectLock, b.Versioning = true, types.BucketVersioningStatusEnabled
	}
	st.Buckets[name] = b
	location := "/" + name
	if call.Region != fakeaws.DefaultRegion {
		location = "http://" + name + ".s3.amazonaws.com/"
	}
	return &s3.CreateBucketOutput{Location: &location}, nil
}

// checkLocation wants the constraint to be the region of the endpoint, and none in us-east-1.
func checkLocation(region string, config *types.CreateBucketConfiguration) error {
	var want types.BucketLocationConstraint
	if config != nil {
		want = config.LocationConstraint
	}
	if want == types.BucketLocationConstraintEu {
		want = types.BucketLocationConstraintEuWest1
	}
	valid := want == ""
	for _, v := range want.Values() {
		valid = valid || v == want
	}
	switch {
	case !valid:
		return refuse(400, "InvalidLocationConstraint", "The specified location-constraint is not valid")
	case region == fakeaws.DefaultRegion && want == "", string(want) == region:
		return nil
	case want == "":
		want = "unspecified"
	}
	return refuse(400, "IllegalLocationConstraintException", "The %s location constraint is incompatible for the region specific endpoint this request was sent to.", want)
}

// HeadBucket tells whether a bucket is there and may be read.
func (s *Service) HeadBucket(ctx context.Context, in *s3.HeadBucketInput, _ ...Options) (*s3.HeadBucketOutput, error) {
	b, err := s.reach(ctx, in.Bucket, in.ExpectedBucketOwner, "s3:ListBucket", "")
	if err != nil {
		return nil, err
	}
	return &s3.HeadBucketOutput{BucketRegion: aws.String(b.Region), AccessPointAlias: aws.Bool(false)}, nil
}

// GetBucketLocation answers from every region; the constraint of us-east-1 is empty.
func (s *Service) GetBucketLocation(ctx context.Context, in *s3.GetBucketLocationInput, _ ...Options) (*s3.GetBucketLocationOutput, error) {
	b, ok := s.store.In(ctx).Buckets[*in.Bucket]
	switch {
	case !ok:
		return nil, noSuchBucket(ctx)
	case b.Account != fakeaws.CallFrom(ctx).Account, in.ExpectedBucketOwner != nil && *in.ExpectedBucketOwner != b.Account:
		return nil, denied(ctx, "Access Denied")
	case b.Region == fakeaws.DefaultRegion:
		return &s3.GetBucketLocationOutput{}, nil
	}
	return &s3.GetBucketLocationOutput{LocationConstraint: types.BucketLocationConstraint(b.Region)}, nil
}

// ListBuckets lists the account's buckets of all regions by name.
func (s *Service) ListBuckets(ctx context.Context, in *s3.ListBucketsInput, _ ...Options) (*s3.ListBucketsOutput, error) {
	const most = 10000
	if in.MaxBuckets != nil && (*in.MaxBuckets < 1 || *in.MaxBuckets > most) {
		return nil, invalidArgument("Argument max-buckets must be an integer between 1 and %d", most)
	}
	call := fakeaws.CallFrom(ctx)
	asked := in.MaxBuckets != nil || in.ContinuationToken != nil || in.Prefix != nil || in.BucketRegion != nil
	var all []types.Bucket
	for _, b := range s.store.In(ctx).Buckets {
		if b.Account != call.Account || !strings.HasPrefix(b.Name, aws.ToString(in.Prefix)) || in.BucketRegion != nil && *in.BucketRegion != b.Region {
			continue
		}
		entry := types.Bucket{Name: aws.String(b.Name), CreationDate: aws.Time(b.Created)}
		if asked {
			entry.BucketRegion = aws.String(b.Region)
		}
		all = append(all, entry)
	}
	sort.Slice(all, func(i, j int) bool { return *all[i].Name < *all[j].Name })
	page, next, ok := fakeaws.Page(ctx, all, in.ContinuationToken, in.MaxBuckets, most)
	if !ok {
		return nil, invalidArgument("The continuation token provided is incorrect")
	}
	out := &s3.ListBucketsOutput{Buckets: page, ContinuationToken: next, Owner: owner(call.Account)}
	if in.Prefix != nil {
		out.Prefix = aws.String(*in.Prefix)
	}
	return out, nil
}

// DeleteBucket removes a bucket that holds nothing: no version, no delete marker.
func (s *Service) DeleteBucket(ctx context.Context, in *s3.DeleteBucketInput, _ ...Options) (*s3.DeleteBucketOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if len(b.Objects) > 0 {
		hint := ""
		if b.Versioning != "" {
			hint = ". You must delete all versions in the bucket."
		}
		return nil, refuse(409, "BucketNotEmpty", "The bucket you tried to delete is not empty%s", hint)
	}
	delete(s.store.In(ctx).Buckets, b.Name)
	return &s3.DeleteBucketOutput{}, nil
}
