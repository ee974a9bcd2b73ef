package policy_test

import (
	"fmt"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func ExampleAllow() {
	doc := policy.Allow("s3:GetObject").On("arn:aws:s3:::example-bucket/*").
		When("Bool", "aws:SecureTransport", "true").
		And(policy.Deny("s3:*").OnAny().When("StringNotEquals", "aws:PrincipalOrgID", "o-example"))
	fmt.Println(doc.Pretty())
	// Output:
	// {
	//   "Version": "2012-10-17",
	//   "Statement": [
	//     {
	//       "Effect": "Allow",
	//       "Action": "s3:GetObject",
	//       "Resource": "arn:aws:s3:::example-bucket/*",
	//       "Condition": {
	//         "Bool": {
	//           "aws:SecureTransport": "true"
	//         }
	//       }
	//     },
	//     {
	//       "Effect": "Deny",
	//       "Action": "s3:*",
	//       "Resource": "*",
	//       "Condition": {
	//         "StringNotEquals": {
	//           "aws:PrincipalOrgID": "o-example"
	//         }
	//       }
	//     }
	//   ]
	// }
}

func ExampleTrust() {
	fmt.Println(policy.Trust(policy.Service("ec2.amazonaws.com")))
	// Output: {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}
}

func ExampleParse() {
	_, err := policy.Parse(`{
  "Version": "2012-10-17",
  "Statement": {"Effect": "allow", "Action": "s3:*", "Resources": "*"}
}`)
	fmt.Println(err)
	// Output: policy document: 3:27 Statement.Effect: effect "allow": write Allow or Deny, the case counts; 3:54 Statement.Resources: unknown element "Resources": known are Action, Condition, Effect, NotAction, NotPrincipal, NotResource, Principal, Resource, Sid
}

func ExampleDocument_Equal() {
	wanted := policy.Trust(policy.Account("123456789012"))
	// What IAM answers: URL-encoded, and with the account as its root's ARN.
	answered, err := policy.Parse("%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22arn%3Aaws%3Aiam%3A%3A123456789012%3Aroot%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D")
	fmt.Println(wanted.Equal(answered), err)
	// Output: true <nil>
}

func ExampleDocument_Lint() {
	for _, finding := range policy.Allow("iam:PassRole").OnAny().When("StringEqual", "aws:SourceAccount", "1").Lint(policy.Identity) {
		fmt.Println(finding)
	}
	// Output:
	// ERROR INVALID_CONDITION_OPERATOR Statement[0].Condition.StringEqual.aws:SourceAccount: there is no condition operator "StringEqual"; did you mean StringEquals?
	// SECURITY_WARNING PASS_ROLE_WITH_STAR_IN_RESOURCE Statement[0].Resource: any role may be passed, those of administrators included; name the roles, or add a condition on iam:PassedToService
}

func ExampleEvaluate() {
	request := policy.Request{
		Principal: "arn:aws:iam::123456789012:role/Reader",
		Action:    "s3:GetObject",
		Resource:  "arn:aws:s3:::example-bucket/report",
	}
	policies := policy.Policies{Identity: []policy.Document{
		policy.Allow("s3:GetObject").OnAny().When("Bool", "aws:MultiFactorAuthPresent", "true").Named("WithMFA"),
	}}
	for _, mfa := range []map[string][]string{nil, {"aws:MultiFactorAuthPresent": {"true"}}, {"aws:MultiFactorAuthPresent": nil}} {
		request.Context = mfa
		decision, err := policy.Evaluate(request, policies)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(decision)
	}
	// Output:
	// undecided: depends on aws:multifactorauthpresent
	// allowed by identity policy 0, statement 0 (WithMFA)
	// denied: no identity policy allows it
}

func ExampleDocument_KeepsAccess() {
	lockOut := policy.Deny("s3:*").On("arn:aws:s3:::example-bucket").To(policy.Anyone()).
		When("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::123456789012:role/Admin").Named("OnlyAdmin")
	decision, err := lockOut.KeepsAccess("arn:aws:iam::123456789012:role/Pipeline", "s3:PutBucketPolicy", "arn:aws:s3:::example-bucket", nil)
	fmt.Println(decision, err)
	// Output: denied by resource policy 0, statement 0 (OnlyAdmin) <nil>
}
