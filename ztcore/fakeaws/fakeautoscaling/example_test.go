package fakeautoscaling_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeautoscaling"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
)

func Example() {
	client := autoscaling.NewFromConfig(fakeaws.New(fakeec2.Install, fakeautoscaling.Install).Config()) // the real client
	_, err := client.SuspendProcesses(context.Background(), &autoscaling.SuspendProcessesInput{AutoScalingGroupName: aws.String("web")})
	fmt.Println(err != nil)
	// Output: true
}
