package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/governance"
	"github.com/seed-08ecc977/zerotrust/governance/configrules"
	"github.com/seed-08ecc977/zerotrust/governance/review"
	"github.com/seed-08ecc977/zerotrust/governance/stack"
	"github.com/seed-08ecc977/zerotrust/governance/thirdparty"
	"github.com/seed-08ecc977/zerotrust/governance/training"
	"github.com/seed-08ecc977/zerotrust/governance/training/reminders"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
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
	topic, key := alerts()
	reminder := iam.Role{
		Name: "TrainingReminders", Trust: policy.Allow("sts:AssumeRole").To(policy.Service("scheduler.amazonaws.com")).When("StringEquals", "aws:SourceAccount", ztcore.AccountID),
		Inline: policy.Allow("sns:Publish").On(id.ARN(topic.ARN())).And(policy.Allow("kms:GenerateDataKey", "kms:Decrypt").On(id.ARN(key.ARN()))),
	}
	return []step{
		{rows: "40–41", what: "a service control policy for an organizational unit", resources: scps},
		{rows: "42", what: "a stack with an encrypted bucket", resources: ztcore.List{
			stack.Stack{Name: "SecureS3BucketStack", Template: stack.SecureBucket{Name: "my-secure-bucket"}.Template().JSON()},
		}},
		{rows: "43", what: "a Config rule, with the recorder and the channel that it needs", resources: ztcore.List{
			configrules.Preset{Name: "config", Rules: []configrules.Rule{{Name: "s3-bucket-encryption-check", Managed: "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED"}}},
		}},
		{rows: "44", what: "a training programme, its reminders", resources: ztcore.List{topic, key, reminder, reminders.Reminders{Programme: programme(), Topic: topic.ARN(), Role: reminder.ARN()}}},
		{rows: "10 +", what: "who is behind with it", proof: "governance/training.TestReportTellsWhoIsBehind"},
		{rows: "45–46", what: "an audit of IAM, with findings", proof: "governance/audit.TestWaysUpAreFound"},
		{rows: "47", what: "a Well-Architected workload", resources: ztcore.List{
			review.Workload{Name: "MyWorkload", Description: "Review of production environment", ReviewOwner: "security@example.com", Regions: []string{at.region}},
		}},
		{rows: "10 +", what: "its answers, as far as the baseline proves them", proof: "governance/review.TestOnlyWhatIsInPlaceProvesAnything"},
		{rows: "48", what: "a vendor's scanner, by a role that reads no data", resources: ztcore.List{thirdparty.PrismaCloud{Scanner: scanner}}},
		{rows: "49", what: "a search of AWS Marketplace", proof: "governance/marketplace.TestListingIsReadInFull"},
	}
}

// programme is what everybody learns. Who came is filled in after each session.
func programme() training.Programme {
	return training.Programme{
		Name: "security", Courses: training.Curriculum(),
		Sessions: []training.Session{{ID: "zero-trust-1", Course: "zero-trust", Start: time.Date(2030, 1, 15, 9, 0, 0, 0, time.UTC), Length: time.Hour, Where: "Room 1"}},
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
