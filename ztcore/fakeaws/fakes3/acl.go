package fakes3

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// The predefined groups. https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
const (
	everybody     = "http://acs.amazonaws.com/groups/global/AllUsers"
	authenticated = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
	logDelivery   = "http://acs.amazonaws.com/groups/s3/LogDelivery"
)

// cannedGrants spells a canned ACL out; an empty one is private.
func cannedGrants(account string, acl types.BucketCannedACL) ([]types.Grant, error) {
	grants := []types.Grant{{
		Grantee:    &types.Grantee{Type: types.TypeCanonicalUser, ID: owner(account).ID},
		Permission: types.PermissionFullControl,
	}}
	group := func(uri string, permissions ...types.Permission) {
		for _, p := range permissions {
			grants = append(grants, types.Grant{Grantee: &types.Grantee{Type: types.TypeGroup, URI: &uri}, Permission: p})
		}
	}
	switch acl {
	case "", types.BucketCannedACLPrivate:
	case types.BucketCannedACLPublicRead:
		group(everybody, types.PermissionRead)
	case types.BucketCannedACLPublicReadWrite:
		group(everybody, types.PermissionRead, types.PermissionWrite)
	case types.BucketCannedACLAuthenticatedRead:
		group(authenticated, types.PermissionRead)
	case "log-delivery-write":
		group(logDelivery, types.PermissionWrite, types.PermissionReadAcp)
	default:
		return nil, invalidArgument("Invalid canned ACL: %s", acl)
	}
	return grants, nil
}

func public(grants []types.Grant) bool {
	for _, g := range grants {
		if uri := aws.ToString(g.Grantee.URI); uri == everybody || uri == authenticated {
			return true
		}
	}
	return false
}

// PutBucketAcl is refused while the bucket owner is enforced, and for public grants while these are blocked.
func (s *Service) PutBucketAcl(ctx context.Context, in *s3.PutBucketAclInput, _ ...Options) (*s3.PutBucketAclOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if b.Ownership == types.ObjectOwnershipBucketOwnerEnforced {
		return nil, refuse(400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
	}
	grants, err := cannedGrants(b.Account, in.ACL)
	switch {
	case err != nil:
		return nil, err
	case in.ACL != "" && in.AccessControlPolicy != nil:
		return nil, refuse(400, "UnexpectedContent", "This request does not support content")
	case in.ACL == "" && in.AccessControlPolicy == nil:
		return nil, refuse(400, "MissingSecurityHeader", "Your request was missing a required header")
	case in.AccessControlPolicy != nil:
		grants = clone(in.AccessControlPolicy.Grants)
		if err := checkGrants(grants); err != nil {
			return nil, err
		}
	}
	if public(grants) && s.blocks(ctx, b).acls {
		return nil, denied(ctx, "Access Denied")
	}
	b.Grants = grants
	return &s3.PutBucketAclOutput{}, nil
}

func checkGrants(grants []types.Grant) error {
	for _, g := range grants {
		switch {
		case g.Grantee == nil || g.Permission == "":
			return malformedXML()
		case g.Grantee.Type == types.TypeCanonicalUser && len(aws.ToString(g.Grantee.ID)) != 64:
			return invalidArgument("Invalid id")
		case g.Grantee.Type == types.TypeGroup && !strings.HasPrefix(aws.ToString(g.Grantee.URI), "http://acs.amazonaws.com/groups/"):
			return invalidArgument("Invalid group uri")
		}
	}
	return nil
}

// GetBucketAcl answers the grants; a new bucket has one, its owner's.
func (s *Service) GetBucketAcl(ctx context.Context, in *s3.GetBucketAclInput, _ ...Options) (*s3.GetBucketAclOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	return &s3.GetBucketAclOutput{Owner: owner(b.Account), Grants: clone(b.Grants)}, nil
}
