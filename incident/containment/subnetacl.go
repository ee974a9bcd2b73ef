package containment

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// isolationACL is a network ACL that a case has made, whose target is "vpc-…|case". It stays as EC2 makes it: a new one has
// no rules but the last, which denies. A create whose answer was lost leaves one that is found by its tag.
// https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html
var isolationACL = stateOf(setting{name: "isolation network ACL", ours: true}, func(ctx context.Context, cfg aws.Config, target string) (bool, error) {
	found, err := findACL(ctx, cfg, target)
	return found != "", err
}, func(ctx context.Context, cfg aws.Config, target string, _, want bool) error {
	c := ec2.NewFromConfig(cfg)
	found, err := findACL(ctx, cfg, target)
	switch {
	case err != nil || want == (found != ""):
		return err
	case !want:
		_, err := c.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: &found})
		return err
	}
	vpc, caseID, _ := strings.Cut(target, "|")
	_, err = c.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{
		VpcId: &vpc, ClientToken: aws.String("zerotrust-" + caseID + "-" + vpc[max(0, len(vpc)-8):]),
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeNetworkAcl, Tags: ec2Tags(map[string]string{tagCaseMade: caseID})}},
	})
	return err
})

func findACL(ctx context.Context, cfg aws.Config, target string) (string, error) {
	vpc, caseID, _ := strings.Cut(target, "|")
	found, err := describeACLs(ctx, cfg, filter("vpc-id", vpc), filter("tag:"+tagCaseMade, caseID))
	if err != nil || len(found) == 0 {
		return "", err
	}
	return aws.ToString(found[0].NetworkAclId), nil
}

// subnetACL is the network ACL of a subnet. The association has another id after each change, so it is looked up.
var subnetACL = stateOf(setting{name: "network ACL of a subnet"}, func(ctx context.Context, cfg aws.Config, subnet string) (string, error) {
	_, acl, err := aclAssociation(ctx, cfg, subnet)
	return acl, err
}, func(ctx context.Context, cfg aws.Config, subnet, _, want string) error {
	association, _, err := aclAssociation(ctx, cfg, subnet)
	if err != nil {
		return err
	}
	_, err = ec2.NewFromConfig(cfg).ReplaceNetworkAclAssociation(ctx, &ec2.ReplaceNetworkAclAssociationInput{AssociationId: &association, NetworkAclId: &want})
	if refusedWith(err, "InvalidAssociationID.NotFound") { // an earlier attempt's answer was lost
		if _, now, again := aclAssociation(ctx, cfg, subnet); now == want || again != nil {
			return again
		}
	}
	return err
})

func aclAssociation(ctx context.Context, cfg aws.Config, subnet string) (association, acl string, err error) {
	found, err := describeACLs(ctx, cfg, filter("association.subnet-id", subnet))
	if err != nil {
		return "", "", err
	}
	for _, a := range found {
		for _, s := range a.Associations {
			if aws.ToString(s.SubnetId) == subnet {
				return aws.ToString(s.NetworkAclAssociationId), aws.ToString(s.NetworkAclId), nil
			}
		}
	}
	return "", "", errors.New("no network ACL is found for subnet " + fmt.Sprintf("%q", subnet))
}
