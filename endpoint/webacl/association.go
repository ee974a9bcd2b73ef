package webacl

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Association puts a resource behind a web ACL, in place of any other that it may have. WebACL.Protects declares them as well.
type Association struct {
	Name     string // in the baseline; the end of the resource's ARN if empty
	Resource id.ARN // of an application load balancer, a stage of a REST API, a user pool …
	WebACL   id.ARN
}

// Declare implements ztcore.Resource.
func (a Association) Declare(d *ztcore.Declaration) {
	if a.Name == "" {
		a.Name = nameOf(string(a.Resource))
	}
	associations.Declare(d, a.Name, associationState{Resource: string(a.Resource), WebACL: string(a.WebACL)})
}

// nameOf is the part of an ARN behind the account, in an address's characters, or what stands in a token.
func nameOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 && !ztcore.HasToken(parts[5]) {
		arn = parts[5]
	}
	return strings.Trim(regexp.MustCompile(`[^A-Za-z0-9._/-]+`).ReplaceAllString(arn, "-"), "-")
}

type associationState struct {
	Resource string `zt:"key"`
	WebACL   string
}

var associations = &ztcore.Kind[associationState]{
	Name: "endpoint.WebACLAssociation", Permissions: &associationsNeed, PermissionsFor: associationsNeedFor,
	Get: func(ctx context.Context, sc *ztcore.Scope, want associationState) (associationState, bool, error) {
		out, err := wafv2.NewFromConfig(sc.Config).GetWebACLForResource(ctx, &wafv2.GetWebACLForResourceInput{ResourceArn: &want.Resource})
		if err != nil || out.WebACL == nil {
			return associationState{}, false, unlessAbsent(err)
		}
		return associationState{Resource: want.Resource, WebACL: aws.ToString(out.WebACL.ARN)}, true, nil
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want associationState) error {
		_, err := wafv2.NewFromConfig(sc.Config).AssociateWebACL(ctx, &wafv2.AssociateWebACLInput{ResourceArn: &want.Resource, WebACLArn: &want.WebACL})
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have associationState) error {
		_, err := wafv2.NewFromConfig(sc.Config).DisassociateWebACL(ctx, &wafv2.DisassociateWebACLInput{ResourceArn: &have.Resource})
		return unlessAbsent(err)
	},
	Check: checkAssociation, CheckAll: checkAssociations, Retry: notYet,
	Refuse:   func(_ *ztcore.Scope, want associationState) []ztcore.Finding { return checkAssociation(want) },
	Controls: []string{"FSBP ELB.16", "FSBP APIGateway.4", "NIST SP 800-207 tenet 3"},
}

var associationsNeed = ztcore.Permissions{
	Read:   []string{"wafv2:GetWebACL", "wafv2:GetWebACLForResource"},
	Write:  []string{"wafv2:AssociateWebACL"},
	Delete: []string{"wafv2:DisassociateWebACL"},
}

// associationsNeedFor depends on whose resource is protected; while that is not known it is what any of them takes.
// https://docs.aws.amazon.com/waf/latest/developerguide/security_iam_service-with-iam.html
func associationsNeedFor(want associationState) (any ztcore.Permissions) {
	for service, p := range map[string]ztcore.Permissions{
		"amplify":     {Read: []string{"amplify:GetWebACLForResource"}, Write: []string{"amplify:AssociateWebACL"}, Delete: []string{"amplify:DisassociateWebACL"}},
		"apigateway":  {Write: []string{"apigateway:SetWebACL"}, Delete: []string{"apigateway:SetWebACL"}},
		"apprunner":   {Read: []string{"apprunner:DescribeWebAclForService"}, Write: []string{"apprunner:AssociateWebAcl"}, Delete: []string{"apprunner:DisassociateWebAcl"}},
		"appsync":     {Read: []string{"appsync:GetWebACLForResource"}, Write: []string{"appsync:SetWebACL"}, Delete: []string{"appsync:SetWebACL"}},
		"cognito-idp": {Read: []string{"cognito-idp:GetWebACLForResource"}, Write: []string{"cognito-idp:AssociateWebACL"}, Delete: []string{"cognito-idp:DisassociateWebACL"}},
		"ec2": {
			Read: []string{"ec2:GetVerifiedAccessInstanceWebAcl"}, Write: []string{"ec2:AssociateVerifiedAccessInstanceWebAcl"}, Delete: []string{"ec2:DisassociateVerifiedAccessInstanceWebAcl"},
		},
		"elasticloadbalancing": {
			Read: []string{"elasticloadbalancing:GetLoadBalancerWebACL"}, Write: []string{"elasticloadbalancing:SetWebAcl"}, Delete: []string{"elasticloadbalancing:SetWebAcl"},
		},
	} {
		if strings.Contains(want.Resource, ":"+service+":") {
			return p
		}
		any.Read, any.Write, any.Delete = append(any.Read, p.Read...), append(any.Write, p.Write...), append(any.Delete, p.Delete...)
	}
	return any
}

// resourceRE is what a regional web ACL can protect.
// https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html
var resourceRE = regexp.MustCompile(`^arn:[^:]*:(elasticloadbalancing:[^:]*:[^:]*:loadbalancer/app/|apigateway:[^:]*:[^:]*:/restapis/[^/]+/stages/|appsync:[^:]*:[^:]*:apis/|cognito-idp:[^:]*:[^:]*:userpool/|apprunner:[^:]*:[^:]*:service/|ec2:[^:]*:[^:]*:verified-access-instance/|amplify:[^:]*:[^:]*:apps/).+`)

func checkAssociation(want associationState) []ztcore.Finding {
	var out []ztcore.Finding
	if want.WebACL == "" {
		out = append(out, ztcore.Finding{Attribute: "WebACL", Message: "no web ACL is named", Fix: "set it to a WebACL's ARN()"})
	}
	if strings.Contains(want.Resource, ":cloudfront:") {
		return append(out, ztcore.Finding{Attribute: "Resource", Message: "a distribution can't be associated by WAF", Fix: "name the web ACL in the distribution's own configuration"})
	}
	if !ztcore.HasToken(want.Resource) && !resourceRE.MatchString(want.Resource) {
		out = append(out, ztcore.Finding{Attribute: "Resource", Message: want.Resource + " can't be protected by a web ACL", Fix: "use the ARN of an application load balancer, a REST API's stage, a user pool or another that WAF knows"})
	}
	return out
}

func checkAssociations(g *ztcore.Graph, all []ztcore.Declared[associationState]) []ztcore.Finding {
	var out []ztcore.Finding
	for _, a := range all {
		if acl, ok := ztcore.Lookup[aclState](g, a.Want.WebACL); ok && acl.Want.Scope == string(CloudFront) {
			out = append(out, ztcore.Finding{Resource: a.Address, Attribute: "WebACL", Message: string(acl.Address) + " is for CloudFront only", Fix: "use one of the scope Regional"})
		}
	}
	return out
}
