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

// Swapping the security group of an instance does not cut what is connected: the connection is tracked.
func ExampleService_OpenFlow() {
	ctx, cloud := context.Background(), fakeaws.New(fakeec2.Install)
	client := ec2.NewFromConfig(cloud.Config())
	group := func(name string) string {
		out, err := client.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String(name), Description: aws.String(name)})
		if err != nil {
			panic(err)
		}
		return *out.GroupId
	}
	ssh, empty := group("ssh"), group("empty")
	_, err := client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &ssh, IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), CidrIp: aws.String("198.18.0.7/32")})
	if err != nil {
		panic(err)
	}
	launched, err := client.RunInstances(ctx, &ec2.RunInstancesInput{
		MinCount: aws.Int32(1), MaxCount: aws.Int32(1), InstanceType: "t3.micro", SecurityGroupIds: []string{ssh},
		ImageId: aws.String("resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"),
	})
	if err != nil {
		panic(err)
	}
	instance := *launched.Instances[0].InstanceId

	intruder, err := fakeec2.Of(cloud).OpenFlow(fakeec2.Flow{Instance: instance, Remote: "198.18.0.7", Port: 22})
	if err != nil {
		panic(err)
	}
	_, err = client.ModifyInstanceAttribute(ctx, &ec2.ModifyInstanceAttributeInput{InstanceId: &instance, Groups: []string{empty}})
	fmt.Println(err, intruder.Alive())
	_, err = fakeec2.Of(cloud).OpenFlow(fakeec2.Flow{Instance: instance, Remote: "198.18.0.7", Port: 22})
	fmt.Println(err != nil)
	// Output:
	// <nil> true
	// true
}
