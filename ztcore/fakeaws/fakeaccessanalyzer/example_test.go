package fakeaccessanalyzer_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeaccessanalyzer"
)

// A region has one analyzer of external access.
func Example() {
	ctx, client := context.Background(), accessanalyzer.NewFromConfig(fakeaws.New(fakeaccessanalyzer.Install).Config())
	made, err := client.CreateAnalyzer(ctx, &accessanalyzer.CreateAnalyzerInput{AnalyzerName: aws.String("account-analyzer"), Type: types.TypeAccount})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*made.Arn)
	_, err = client.CreateAnalyzer(ctx, &accessanalyzer.CreateAnalyzerInput{AnalyzerName: aws.String("another"), Type: types.TypeAccount})
	var quota *types.ServiceQuotaExceededException
	fmt.Println("a second one is refused:", errors.As(err, &quota))
	// Output:
	// arn:aws:access-analyzer:us-east-1:123456789012:analyzer/account-analyzer
	// a second one is refused: true
}
