package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/governance"
	"github.com/seed-08ecc977/zerotrust/governance/configrules"
	"github.com/seed-08ecc977/zerotrust/governance/stack"
	"github.com/seed-08ecc977/zerotrust/governance/thirdparty"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// rules is sections 9 to 11 of the guide.
func rules(at place) []step {
	var scps ztcore.List
	if at.unit != "" {
		types := governance.PolicyType{Type: governance.ServiceControl}
		scps = ztcore.List{types, governance.Policy{
			Name: "DenyIAMUserCreation", Document: governance.DenyIAMUserCreation("BreakGlass"), BreakGlass: []string{"BreakGlass"},
			Targets: []id.OrganizationTarget{id.OrganizationTarget(at.unit)}, After: []string{string(types.Root())},
		}}
	}
	// The account and the external id come from the vendor's console; these are of nobody.
	scanner := thirdparty.Scanner{Name: "PostureScanner", VendorAccount: "111122223333", ExternalID: "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"}
	return []step{
		{rows: "40–41", what: "a service control policy for an organizational unit", resources: scps},
		{rows: "42", what: "a stack with an encrypted bucket", resources: ztcore.List{
			stack.Stack{Name: "SecureS3BucketStack", Template: stack.SecureBucket{Name: "my-secure-bucket"}.Template().JSON()},
		}},
		{rows: "43", what: "a Config rule, with the recorder and the channel that it needs", resources: ztcore.List{
			configrules.Preset{Name: "config", Rules: []configrules.Rule{{Name: "s3-bucket-encryption-check", Managed: "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED"}}},
		}},
		{rows: "48", what: "a vendor's scanner, by a role that reads no data", resources: ztcore.List{thirdparty.PrismaCloud{Scanner: scanner}}},
		{rows: "49", what: "a search of AWS Marketplace", proof: "governance/marketplace.TestListingIsReadInFull"},
	}
}

// organization makes an organization with a unit, as a company has one before it runs this program in its management account.
func organization(ctx context.Context, cfg aws.Config) (unit string, err error) {
	c := organizations.NewFromConfig(cfg)
	if _, err := c.CreateOrganization(ctx, &organizations.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetAll}); err != nil {
		return "", err
	}
	roots, err := c.ListRoots(ctx, &organizations.ListRootsInput{})
	if err != nil {
		return "", err
	}
	out, err := c.CreateOrganizationalUnit(ctx, &organizations.CreateOrganizationalUnitInput{ParentId: roots.Roots[0].Id, Name: aws.String("Workloads")})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.OrganizationalUnit.Id), nil
}
