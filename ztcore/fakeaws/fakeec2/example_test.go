package fakeec2_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
)

// A VPC that holds a subnet is not deleted. EC2's errors are told by their code.
func Example() {
	ctx, client := context.Background(), ec2.NewFromConfig(fakeaws.New(fakeec2.Install).Config())
	vpc, err := client.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if err != nil {
		fmt.Println(err)
		return
	}
	subnet, err := client.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.0.1.0/24")})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: vpc.Vpc.VpcId})
	var refused smithy.APIError
	if errors.As(err, &refused) {
		fmt.Println(*subnet.Subnet.CidrBlock, "is in it:", refused.ErrorCode())
	}
	// Output: 10.0.1.0/24 is in it: DependencyViolation
}
