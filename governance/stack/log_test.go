package stack_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go/logging"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/governance/stack"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type transport func(*http.Request) (*http.Response, error)

func (f transport) Do(r *http.Request) (*http.Response, error) { return f(r) }

// The SDK's own log, with bodies, holds no parameter with NoEcho.
func TestTheSDKLogsNoSecret(t *testing.T) {
	const secret = "canary-parameter"
	var log, sent bytes.Buffer
	cfg := aws.Config{
		Region: "us-east-1", Credentials: fakeaws.StaticCredentials{AccessKeyID: "AKIAEXAMPLE"}, Logger: logging.NewStandardLogger(&log), ClientLogMode: aws.LogRequestWithBody | aws.LogResponseWithBody,
		HTTPClient: transport(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			sent.Write(body)
			code, message := "AccessDenied", "not authorized"
			if strings.Contains(string(body), "Action=DescribeStacks&") {
				code, message = "ValidationError", "Stack with id s does not exist"
			}
			answer := "<ErrorResponse><Error><Type>Sender</Type><Code>" + code + "</Code><Message>" + message + "</Message></Error><RequestId>1</RequestId></ErrorResponse>"
			return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer))}, nil
		}),
	}
	err := stack.Bring(t.Context(), cfg, stack.Stack{
		Name: "s", Template: `{"Parameters":{"P":{"Type":"String","NoEcho":true}},"Resources":{"T":{"Type":"AWS::SNS::Topic"}}}`,
		Secrets: map[string]stack.Secret{"P": func(context.Context) (string, error) { return secret, nil }},
	})
	require.ErrorContains(t, err, "not authorized")
	require.Contains(t, sent.String(), secret)
	require.NotContains(t, log.String()+err.Error(), secret)

	_, err = cloudformation.NewFromConfig(cfg).CreateChangeSet(t.Context(), &cloudformation.CreateChangeSetInput{
		StackName: aws.String("s"), ChangeSetName: aws.String("c"), Parameters: []types.Parameter{{ParameterKey: aws.String("P"), ParameterValue: aws.String(secret)}},
	})
	require.Error(t, err)
	require.Contains(t, log.String(), secret, "any other client would have told it")
}
