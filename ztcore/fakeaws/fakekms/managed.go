package fakekms

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/resourcepolicy"
)

// managedFor are the services for which AWS keeps a key in every account and region.
var managedFor = []string{"dynamodb", "ebs", "rds", "s3", "secretsmanager", "sns", "sqs", "ssm"}

// fresh is an account and region in which no key was made yet.
func fresh(account, region string) *State {
	st := &State{Keys: map[string]*Key{}, Aliases: map[string]*Alias{}}
	now := time.Now()
	for _, service := range managedFor {
		alias := "alias/aws/" + service
		sum := sha256.Sum256([]byte(account + "/" + region + "/" + alias))
		id := fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
		k := &Key{
			ID: id, ARN: keyARN(account, region, id), Account: account, Created: now, Managed: alias,
			Description: "Default key that protects my " + service + " data when no other key is defined",
			Spec:        types.KeySpecSymmetricDefault, Usage: types.KeyUsageTypeEncryptDecrypt,
			RotationFrom: &now, RotationDays: ordinaryRotation, Tags: map[string]string{},
			Policy: resourcepolicy.Policy{Text: managedPolicy(account, region, service)},
		}
		st.Keys[id] = k
		st.Order = append(st.Order, id)
		st.Aliases[alias] = &Alias{Name: alias, Target: id, Created: now, Updated: now}
	}
	return st
}

func keyARN(account, region, id string) string {
	return "arn:" + fakeaws.Partition(region) + ":kms:" + region + ":" + account + ":key/" + id
}

// managedPolicy lets the account use the key by way of its service and look at it, no more.
func managedPolicy(account, region, service string) string {
	return fmt.Sprintf(`{
  "Version" : "2012-10-17",
  "Id" : "auto-%[1]s-1",
  "Statement" : [ {
    "Sid" : "Allow access through %[1]s for all principals in the account that are authorized to use it",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "*"
    },
    "Action" : [ "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey" ],
    "Resource" : "*",
    "Condition" : {
      "StringEquals" : {
        "kms:CallerAccount" : "%[2]s",
        "kms:ViaService" : "%[1]s.%[3]s.amazonaws.com"
      }
    }
  }, {
    "Sid" : "Allow direct access to key metadata to the account",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:%[4]s:iam::%[2]s:root"
    },
    "Action" : [ "kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant" ],
    "Resource" : "*"
  } ]
}`, service, account, region, fakeaws.Partition(region))
}
