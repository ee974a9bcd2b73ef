package stack

import (
	"encoding/json"

	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Template is what the package's own templates are made of. Any other text of a template does for a Stack as well.
type Template struct {
	AWSTemplateFormatVersion string               `json:",omitempty"`
	Description              string               `json:",omitempty"`
	Parameters               map[string]Parameter `json:",omitempty"`
	Resources                map[string]Resource
	Outputs                  map[string]Output `json:",omitempty"`
}

// Parameter is an input of a template. The value of one with NoEcho is a secret.
type Parameter struct {
	Type        string // "String"
	Description string `json:",omitempty"`
	Default     string `json:",omitempty"`
	NoEcho      bool   `json:",omitempty"`
}

// Resource is an object that a stack makes.
type Resource struct {
	Type                string // as "AWS::S3::Bucket"
	DeletionPolicy      string `json:",omitempty"` // "Retain" keeps the object when the stack goes
	UpdateReplacePolicy string `json:",omitempty"` // and when another takes its place
	Properties          map[string]any
}

// Output is what a stack tells of itself.
type Output struct {
	Description string `json:",omitempty"`
	Value       any
}

// JSON is the template's text.
func (t Template) JSON() string {
	text, err := json.Marshal(t)
	if err != nil {
		return err.Error() // a property that has no JSON form; Check says that the template has none
	}
	return string(text)
}

// SecureBucket is the template of a bucket that is encrypted, private, versioned and reached by TLS only. It is kept when the
// stack goes.
type SecureBucket struct {
	Name string    // of the bucket
	Key  id.KeyARN // encrypts the objects; keys of S3's own (AES256) if empty
}

// Template is the bucket's template. It passes cfn-lint.
func (b SecureBucket) Template() Template {
	bucketARN := map[string]any{"Fn::GetAtt": []string{"Bucket", "Arn"}}
	encryption := map[string]any{"ServerSideEncryptionByDefault": map[string]any{"SSEAlgorithm": "AES256"}}
	if b.Key != "" {
		encryption = map[string]any{"ServerSideEncryptionByDefault": map[string]any{"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": string(b.Key)}, "BucketKeyEnabled": true}
	}
	return Template{
		AWSTemplateFormatVersion: "2010-09-09",
		Description:              "A bucket that is encrypted, private, versioned and reached by TLS only",
		Resources: map[string]Resource{
			"Bucket": {
				Type: "AWS::S3::Bucket", DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain",
				Properties: map[string]any{
					"BucketName":                     b.Name,
					"BucketEncryption":               map[string]any{"ServerSideEncryptionConfiguration": []any{encryption}},
					"PublicAccessBlockConfiguration": map[string]any{"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true},
					"OwnershipControls":              map[string]any{"Rules": []any{map[string]any{"ObjectOwnership": "BucketOwnerEnforced"}}},
					"VersioningConfiguration":        map[string]any{"Status": "Enabled"},
				},
			},
			"BucketPolicy": {
				Type: "AWS::S3::BucketPolicy", DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain", // the policy stays with the bucket
				Properties: map[string]any{
					"Bucket": map[string]any{"Ref": "Bucket"},
					"PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
						"Sid": "OnlyOverTLS", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
						"Resource":  []any{bucketARN, map[string]any{"Fn::Sub": "${Bucket.Arn}/*"}},
						"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
					}}},
				},
			},
		},
		Outputs: map[string]Output{"BucketArn": {Description: "The bucket's ARN", Value: bucketARN}},
	}
}
