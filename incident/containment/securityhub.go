package containment

import (
	"encoding/json"
	"fmt"
	"strings"
)

// asffFinding is what is used of a finding of Security Hub.
type asffFinding struct {
	ID, Title, AwsAccountID, Region                            string
	Types                                                      []string
	Severity                                                   struct{ Label string }
	CreatedAt, UpdatedAt, LastObservedAt                       string
	Resources                                                  []asffResource
	GeneratorID, ProductArn, ProductName, CompanyName, Product string
}

type asffResource struct {
	Type, ID, Region string
	Details          struct {
		AwsIamAccessKey struct {
			AccessKeyID, PrincipalName, PrincipalType, UserName string
			SessionContext                                      struct {
				SessionIssuer struct{ Arn, Type, UserName string }
			}
		}
		AwsEc2Volume struct {
			Attachments []struct{ InstanceID string }
		}
		AwsEc2NetworkInterface struct {
			Attachment struct{ InstanceID string }
		}
	}
}

func parseASFF(text []byte) ([]Finding, error) {
	var a asffFinding
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("the text is no finding of Security Hub: %w", err)
	}
	f := Finding{
		ID: a.ID, Source: "Security Hub", Title: a.Title, Account: a.AwsAccountID, Region: a.Region,
		At: firstTime(a.LastObservedAt, a.UpdatedAt, a.CreatedAt),
	}
	if len(a.Types) > 0 {
		f.Type = a.Types[0]
	}
	switch strings.ToUpper(a.Severity.Label) {
	case "CRITICAL":
		f.Severity = Critical
	case "HIGH":
		f.Severity = High
	case "MEDIUM":
		f.Severity = Medium
	}
	for _, r := range a.Resources {
		f.asff(r)
	}
	return f.one()
}

// asff adds one resource by the type that the format gives it. The types of EC2, IAM and S3 that are not here are rules
// and containers of other things, as AwsEc2SecurityGroup: containing what is in them is for a person to decide.
// https://docs.aws.amazon.com/securityhub/latest/userguide/asff-resources.html
func (f *Finding) asff(r asffResource) {
	switch r.Type {
	case "AwsEc2Instance", "AwsEc2Volume", "AwsEc2NetworkInterface", "AwsEc2Eip", "AwsIamRole", "AwsIamUser", "AwsS3Bucket", "AwsS3Object":
		f.addText(r.ID)
	case "AwsIamAccessKey":
		d := r.Details.AwsIamAccessKey
		id := d.AccessKeyID
		if id == "" {
			id = r.ID[strings.LastIndexAny(r.ID, ":/")+1:] // as GuardDuty's: AWS::IAM::AccessKey:AKIA…
		}
		kind, name := d.PrincipalType, d.PrincipalName
		if issuer := d.SessionContext.SessionIssuer; issuer.UserName != "" {
			kind, name = issuer.Type, issuer.UserName
		}
		if name == "" {
			kind, name = "IAMUser", d.UserName
		}
		if !accessID.MatchString(id) {
			id = ""
		}
		f.principal(kind, name, id)
	default:
		f.Untouched = append(f.Untouched, fmt.Sprintf("%s %s, of a type that no step contains", r.Type, r.ID))
	}
}
