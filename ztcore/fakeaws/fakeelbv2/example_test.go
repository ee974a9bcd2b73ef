package fakeelbv2_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeelbv2"
)

func Example() {
	ctx := context.Background()
	client := elasticloadbalancingv2.NewFromConfig(fakeaws.New(fakeelbv2.Install).Config()) // the real client
	group, err := client.CreateTargetGroup(ctx, &elasticloadbalancingv2.CreateTargetGroupInput{
		Name: aws.String("web"), Protocol: types.ProtocolEnumHttps, Port: aws.Int32(443), VpcId: aws.String("vpc-1"), TargetType: types.TargetTypeEnumIp,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.RegisterTargets(ctx, &elasticloadbalancingv2.RegisterTargetsInput{
		TargetGroupArn: group.TargetGroups[0].TargetGroupArn, Targets: []types.TargetDescription{{Id: aws.String("web.example.com")}},
	})
	fmt.Println(err != nil)
	// Output: true
}
