package permission

import (
	"strings"
	"sync"
)

// prefixes are the services whose actions have another prefix than the SDK's service id in lower case, without spaces.
const prefixes = `
AccessAnalyzer            | access-analyzer
API Gateway               | apigateway
ApiGatewayV2              | apigateway
CloudWatch Events         | events
CloudWatch Logs           | logs
Cognito Identity Provider | cognito-idp
Config Service            | config
Elastic Load Balancing    | elasticloadbalancing
Elastic Load Balancing v2 | elasticloadbalancing
EventBridge               | events
Network Firewall          | network-firewall
S3 Control                | s3
SFN                       | states
SSM Incidents             | ssm-incidents
SSO Admin                 | sso
`

// renamed are the operations whose action is called otherwise, those that ask for more than one of their own, and the one that every
// caller may call.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
const renamed = `
STS.GetCallerIdentity                    |
AccessAnalyzer.ListFindingsV2            | access-analyzer:ListFindings
KMS.ReEncrypt                            | kms:ReEncryptFrom kms:ReEncryptTo
S3.DeleteBucketCors                      | s3:PutBucketCORS
S3.DeleteBucketEncryption                | s3:PutEncryptionConfiguration
S3.DeleteBucketLifecycle                 | s3:PutLifecycleConfiguration
S3.DeleteBucketOwnershipControls         | s3:PutBucketOwnershipControls
S3.DeleteBucketReplication               | s3:PutReplicationConfiguration
S3.DeleteBucketTagging                   | s3:PutBucketTagging
S3.DeleteObjects                         | s3:DeleteObject
S3.DeletePublicAccessBlock               | s3:PutBucketPublicAccessBlock
S3.GetBucketAccelerateConfiguration      | s3:GetAccelerateConfiguration
S3.GetBucketCors                         | s3:GetBucketCORS
S3.GetBucketEncryption                   | s3:GetEncryptionConfiguration
S3.GetBucketLifecycleConfiguration       | s3:GetLifecycleConfiguration
S3.GetBucketNotificationConfiguration    | s3:GetBucketNotification
S3.GetBucketReplication                  | s3:GetReplicationConfiguration
S3.GetObjectLockConfiguration            | s3:GetBucketObjectLockConfiguration
S3.GetPublicAccessBlock                  | s3:GetBucketPublicAccessBlock
S3.HeadBucket                            | s3:ListBucket
S3.HeadObject                            | s3:GetObject
S3.ListBuckets                           | s3:ListAllMyBuckets
S3.ListMultipartUploads                  | s3:ListBucketMultipartUploads
S3.ListObjects                           | s3:ListBucket
S3.ListObjectsV2                         | s3:ListBucket
S3.ListObjectVersions                    | s3:ListBucketVersions
S3.PutBucketAccelerateConfiguration      | s3:PutAccelerateConfiguration
S3.PutBucketCors                         | s3:PutBucketCORS
S3.PutBucketEncryption                   | s3:PutEncryptionConfiguration
S3.PutBucketLifecycleConfiguration       | s3:PutLifecycleConfiguration
S3.PutBucketNotificationConfiguration    | s3:PutBucketNotification
S3.PutBucketReplication                  | s3:PutReplicationConfiguration
S3.PutObjectLockConfiguration            | s3:PutBucketObjectLockConfiguration
S3.PutPublicAccessBlock                  | s3:PutBucketPublicAccessBlock
S3 Control.DeletePublicAccessBlock       | s3:PutAccountPublicAccessBlock
S3 Control.GetPublicAccessBlock          | s3:GetAccountPublicAccessBlock
S3 Control.PutPublicAccessBlock          | s3:PutAccountPublicAccessBlock
API Gateway.FlushStageAuthorizersCache   | apigateway:DELETE
API Gateway.FlushStageCache              | apigateway:DELETE
API Gateway.ImportDocumentationParts     | apigateway:PUT
API Gateway.TagResource                  | apigateway:PUT
API Gateway.UntagResource                | apigateway:DELETE
`

// verbs are how API Gateway's actions are called: by the method of the HTTP request, for which the operation's first word stands.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples.html
const verbs = `
Get      | apigateway:GET
Create   | apigateway:POST
Generate | apigateway:POST
Import   | apigateway:POST
Reject   | apigateway:POST
Test     | apigateway:POST
Update   | apigateway:PATCH
Put      | apigateway:PUT
Delete   | apigateway:DELETE
`

// names are the tables above, read when one is first asked for: most programs never are.
var names = sync.OnceValue(func() (n struct{ prefixes, renamed, verbs map[string]string }) {
	for _, t := range []struct {
		from string
		to   *map[string]string
	}{{prefixes, &n.prefixes}, {renamed, &n.renamed}, {verbs, &n.verbs}} {
		*t.to = map[string]string{}
		for _, row := range rows(t.from) {
			(*t.to)[row[0]] = row[1]
		}
	}
	return n
})

// rows reads a table: a line each, the columns between bars.
func rows(table string) [][]string {
	var out [][]string
	for line := range strings.Lines(strings.TrimSpace(table)) {
		var row []string
		for _, cell := range strings.Split(line, "|") {
			row = append(row, strings.TrimSpace(cell))
		}
		if len(row) > 1 {
			out = append(out, row)
		}
	}
	return out
}

// own are the actions that stand for an operation itself.
func own(service, operation string) []string {
	n := names()
	if actions, ok := n.renamed[service+"."+operation]; ok {
		return strings.Fields(actions)
	}
	if service == "API Gateway" {
		for word, action := range n.verbs {
			if strings.HasPrefix(operation, word) {
				return []string{action}
			}
		}
	}
	prefix, ok := n.prefixes[service]
	if !ok {
		prefix = strings.ToLower(strings.ReplaceAll(service, " ", ""))
	}
	return []string{prefix + ":" + operation}
}
