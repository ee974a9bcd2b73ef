package segmentation_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/segmentation"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

func newCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakeec2.Install) }

// life is a small design to which a flow is added.
func life() kindtest.Case {
	design := func(more ...segmentation.Flow) segmentation.Design {
		return segmentation.Design{Environments: []segmentation.Environment{{
			Name: "prod", CIDR: "10.20.0.0/16", Zones: []string{"us-east-1a"},
			Segments: []segmentation.Segment{{Name: "web", SecurityGroup: "WebServerSG"}, {Name: "app", Uses: []string{"s3"}}},
			Flows:    append([]segmentation.Flow{{From: segmentation.Internet, To: "web", Port: 443, Because: "customers"}}, more...),
		}}}
	}
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: design()},
			{Resource: design(segmentation.Flow{From: "web", To: "app", Port: 8443}), Changes: []string{
				"network.NetworkACL/prod-app Entries", "network.NetworkACL/prod-web Entries", "network.SecurityGroupRules/WebServerSG Members", "network.SecurityGroupRules/prod-app Members",
			}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error { // somebody opens SSH
			c := ec2.NewFromConfig(cfg)
			found, err := c.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{{Name: aws.String("group-name"), Values: []string{"WebServerSG"}}}})
			if err != nil {
				return err
			}
			_, err = c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
				GroupId: found.SecurityGroups[0].GroupId, IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), CidrIp: aws.String("0.0.0.0/0"),
			})
			return err
		},
	}
}

func TestLife(t *testing.T) { kindtest.Run(t, life()) }

func TestWireLife(t *testing.T) { kindtest.RunOn(t, kindtest.Wire(t), life()) }
