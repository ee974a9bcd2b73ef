package main

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// tamper does by hand what nobody should have done, and says what.
func tamper(ctx context.Context, cfg aws.Config, pillars []string) (deeds []string, err error) {
	for _, d := range []struct {
		pillar, what string
		do           func(context.Context, aws.Config) error
	}{
		{"iam", "attaches AdministratorAccess to the role EC2S3AccessRole", attachAdministrator},
		{"network", "opens SSH to the whole world in the group SSHAccess", openSSH},
		{"dataprotect", "removes the public access block of example-bucket", unblock},
	} {
		if !slices.Contains(pillars, d.pillar) {
			continue
		}
		if err := d.do(ctx, cfg); err != nil {
			return deeds, err
		}
		deeds = append(deeds, d.what)
	}
	return deeds, nil
}

func attachAdministrator(ctx context.Context, cfg aws.Config) error {
	_, err := iam.NewFromConfig(cfg).AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
		RoleName: aws.String("EC2S3AccessRole"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess"),
	})
	return err
}

func openSSH(ctx context.Context, cfg aws.Config) error {
	client := ec2.NewFromConfig(cfg)
	groups, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{
		Filters: []ec2types.Filter{{Name: aws.String("group-name"), Values: []string{"SSHAccess"}}},
	})
	if err != nil {
		return err
	}
	for _, g := range groups.SecurityGroups {
		_, err := client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: g.GroupId,
			IpPermissions: []ec2types.IpPermission{{
				IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22),
				IpRanges: []ec2types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}},
			}},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func unblock(ctx context.Context, cfg aws.Config) error {
	_, err := s3.NewFromConfig(cfg).DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: aws.String("example-bucket")})
	return err
}
