package network

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// OwnAccount lets the account's own identities use the account's own resources through an endpoint, and nothing else:
// stolen credentials of another account don't work through it, and data can't be copied into another account's bucket. AWS's
// own buckets (packages of Amazon Linux, layers of ECR images, patches) are others' too: add them with AlsoRead.
func OwnAccount() policy.Document {
	return policy.Allow("*").Named("OwnAccount").To(policy.Anyone()).OnAny().
		When("StringEquals", "aws:PrincipalAccount", ztcore.AccountID).When("StringEquals", "aws:ResourceAccount", ztcore.AccountID)
}

// OwnOrganization is OwnAccount for all accounts of an organization, by its id (o-…).
func OwnOrganization(org string) policy.Document {
	return policy.Allow("*").Named("OwnOrganization").To(policy.Anyone()).OnAny().
		When("StringEquals", "aws:PrincipalOrgID", org).When("StringEquals", "aws:ResourceOrgID", org)
}

// OwnPrincipals lets the account's own identities use whatever they may. It is the default of interface endpoints, since
// many of their services have resources that are AWS's.
func OwnPrincipals() policy.Document {
	return policy.Allow("*").Named("OwnPrincipals").To(policy.Anyone()).OnAny().When("StringEquals", "aws:PrincipalAccount", ztcore.AccountID)
}

// AlsoRead lets everyone in the VPC get the objects of other accounts' buckets, named by their ARNs, as AWS's own are:
//
//	network.OwnAccount().And(network.AlsoRead("arn:aws:s3:::al2023-repos-us-east-1-de612dc2"))
func AlsoRead(buckets ...id.ARN) policy.Document {
	objects := make([]id.ARN, len(buckets))
	for i, b := range buckets {
		objects[i] = b + "/*"
	}
	return policy.Allow("s3:GetObject").Named("AlsoRead").To(policy.Anyone()).On(objects...)
}

// serviceName is the full name of a service that is named shortly.
func serviceName(service string) string {
	if strings.Contains(service, ".com.") || strings.HasPrefix(service, "com.") || strings.HasPrefix(service, "cn.com.") {
		return service
	}
	return "com.amazonaws." + ztcore.Region + "." + service
}

// listEndpoints reads all endpoints once for both kinds.
func listEndpoints(ctx context.Context, sc *ztcore.Scope, kind types.VpcEndpointType) (out []types.VpcEndpoint, err error) {
	all, err := ztcore.Memo(ctx, sc, "network.endpoints", func() ([]types.VpcEndpoint, error) { return describeEndpoints(ctx, sc) })
	for _, e := range all {
		if e.VpcEndpointType == kind && !goneEndpoint(e) {
			out = append(out, e)
		}
	}
	return out, err
}

// isIn compares a state whatever its case: the API answers "available" where the SDK has "Available".
func isIn(e types.VpcEndpoint, states ...types.State) bool {
	for _, s := range states {
		if strings.EqualFold(string(e.State), string(s)) {
			return true
		}
	}
	return false
}

// goneEndpoint reports an endpoint that does nothing any more.
func goneEndpoint(e types.VpcEndpoint) bool {
	return isIn(e, types.StateDeleting, types.StateDeleted, types.StateFailed, types.StateRejected, types.StateExpired)
}

// readPolicy reads a policy that AWS answers. One that can't be read differs from every other, so it is replaced.
func readPolicy(text *string) policy.Document {
	doc, err := policy.Parse(aws.ToString(text))
	if err != nil {
		return policy.Deny().Named(err.Error())
	}
	return doc
}

func checkEndpoint(vpc, service string, doc policy.Document) []ztcore.Finding {
	var out []ztcore.Finding
	out = append(out, checkVPCID(vpc)...)
	if strings.TrimPrefix(service, serviceName("")) == "" {
		out = append(out, ztcore.Finding{Attribute: "Service", Message: "no service is named", Fix: `set it to a service's short name, as "s3" or "ssm"`})
	}
	for _, l := range doc.Lint(policy.Endpoint) {
		f := ztcore.Finding{Attribute: fmt.Sprintf("Policy.Statement[%d].%s", l.Statement, l.Element), Message: l.Message, Fix: l.Fix}
		switch l.Severity {
		case policy.SeverityError:
			out = append(out, f)
		case policy.SeveritySecurity:
			f.Guardrail, f.Controls = openPolicy, openPolicyControls
			out = append(out, f)
		}
	}
	for i, s := range doc.Statements { // the linter takes this for an endpoint's ordinary policy, since AWS's own says it
		if s.Effect == policy.EffectAllow && len(s.Conditions) == 0 && slices.ContainsFunc(s.Principals, anyone) && slices.Contains(s.Resources, "*") {
			out = append(out, ztcore.Finding{
				Attribute: fmt.Sprintf("Policy.Statement[%d]", i), Guardrail: openPolicy, Controls: openPolicyControls,
				Message: "lets anyone use anyone's resources, so that data can be carried out through the endpoint", Fix: "use network.OwnAccount() or network.OwnOrganization(…)",
			})
		}
	}
	return out
}

const openPolicy = "network.endpoint-policy-open"

var openPolicyControls = []string{"NIST SP 800-207 tenet 3", "CISA ZTMM Data"}

func anyone(p policy.Principal) bool { return p.ID == "*" }

// noEndpoint are the codes that say that an endpoint is not there.
var noEndpoint = []string{"InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound"}

// findEndpoint is nil for an endpoint that is not there.
func findEndpoint(ctx context.Context, sc *ztcore.Scope, endpoint string) (*types.VpcEndpoint, error) {
	out, err := ec2.NewFromConfig(sc.Config).DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{endpoint}})
	if err != nil || len(out.VpcEndpoints) == 0 {
		return nil, unless(err, noEndpoint...)
	}
	return &out.VpcEndpoints[0], nil
}

// deleteEndpoint returns when the endpoint's interfaces are gone, for only then its subnets and groups are free.
func deleteEndpoint(ctx context.Context, sc *ztcore.Scope, endpoint string) error {
	out, err := ec2.NewFromConfig(sc.Config).DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{endpoint}})
	if err == nil {
		err = unsuccessful(out.Unsuccessful)
	}
	if err != nil {
		return unless(err, noEndpoint...)
	}
	return poll(ctx, "waiting for "+endpoint+" to be deleted", func() (bool, error) {
		e, err := findEndpoint(ctx, sc, endpoint)
		return e == nil || isIn(*e, types.StateDeleted), err
	})
}

// awaitEndpoint returns when an endpoint answers.
func awaitEndpoint(ctx context.Context, sc *ztcore.Scope, endpoint string) error {
	asked := time.Now()
	return poll(ctx, "waiting for "+endpoint+" to be available", func() (bool, error) {
		e, err := findEndpoint(ctx, sc, endpoint)
		if err == nil && e == nil && time.Since(asked) > unseenFor {
			return false, noLonger(endpoint, "not to be found")
		}
		if err != nil || e == nil {
			return false, err
		}
		if goneEndpoint(*e) {
			if isIn(*e, types.StateDeleting, types.StateDeleted) || aws.ToTime(e.CreationTimestamp).Before(asked.Add(-time.Minute)) {
				return false, noLonger(endpoint, string(e.State))
			}
			reason := aws.ToString(e.FailureReason)
			if e.LastError != nil {
				reason += " " + aws.ToString(e.LastError.Message)
			}
			return false, fmt.Errorf("%s is %s: %s", endpoint, e.State, reason)
		}
		return isIn(*e, types.StateAvailable), nil
	})
}

// unsuccessful makes an error of what a call that succeeded says did not.
func unsuccessful(items []types.UnsuccessfulItem) error {
	for _, i := range items {
		if i.Error != nil {
			return &smithy.GenericAPIError{Code: aws.ToString(i.Error.Code), Message: aws.ToString(i.ResourceId) + ": " + aws.ToString(i.Error.Message)}
		}
	}
	return nil
}

// difference is what is in a and not in b.
func difference(a, b []string) []string {
	var out []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}
