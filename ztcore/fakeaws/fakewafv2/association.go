package fakewafv2

import (
	"context"
	"maps"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// resourcePatterns are the ARNs of what a regional web ACL protects.
// https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html
var resourcePatterns = map[types.ResourceType]*regexp.Regexp{
	types.ResourceTypeApplicationLoadBalancer: regexp.MustCompile(`^arn:[^:]+:elasticloadbalancing:([^:]+):\d{12}:loadbalancer/app/[^/]+/[^/]+$`),
	types.ResourceTypeApiGateway:              regexp.MustCompile(`^arn:[^:]+:apigateway:([^:]+):[^:]*:/restapis/[^/]+/stages/[^/]+$`),
	types.ResourceTypeAppsync:                 regexp.MustCompile(`^arn:[^:]+:appsync:([^:]+):\d{12}:apis/[^/]+$`),
	types.ResourceTypeCognitioUserPool:        regexp.MustCompile(`^arn:[^:]+:cognito-idp:([^:]+):\d{12}:userpool/[^/]+$`),
	types.ResourceTypeAppRunnerService:        regexp.MustCompile(`^arn:[^:]+:apprunner:([^:]+):\d{12}:service/[^/]+/[^/]+$`),
	types.ResourceTypeVerifiedAccessInstance:  regexp.MustCompile(`^arn:[^:]+:ec2:([^:]+):\d{12}:verified-access-instance/[^/]+$`),
	types.ResourceTypeAmplify:                 regexp.MustCompile(`^arn:[^:]+:amplify:([^:]+):\d{12}:apps/[^/]+$`),
}

func typeOf(ctx context.Context, arn *string) (types.ResourceType, error) {
	for t, pattern := range resourcePatterns {
		if m := pattern.FindStringSubmatch(aws.ToString(arn)); m != nil && m[1] == fakeaws.CallFrom(ctx).Region {
			return t, nil
		}
	}
	return "", invalid(types.ParameterExceptionFieldResourceArn, aws.ToString(arn), "The ARN isn't valid. A valid ARN begins with arn: and includes other information separated by colons or slashes.")
}

// AssociateWebACL puts a resource behind a web ACL, in place of the one that it had.
func (s *Service) AssociateWebACL(ctx context.Context, in *wafv2.AssociateWebACLInput, _ ...opt) (*wafv2.AssociateWebACLOutput, error) {
	if _, err := typeOf(ctx, in.ResourceArn); err != nil {
		return nil, err
	}
	r := s.regions.In(ctx)
	if r.aclByARN(in.WebACLArn) == nil {
		return nil, nonexistent()
	}
	if isOf(*in.WebACLArn, types.ScopeCloudfront) {
		return nil, invalid(types.ParameterExceptionFieldResourceArn, *in.WebACLArn, "A web ACL of the scope CLOUDFRONT is associated by the distribution.")
	}
	r.Associations[*in.ResourceArn] = *in.WebACLArn
	return &wafv2.AssociateWebACLOutput{}, nil
}

// DisassociateWebACL takes a resource from behind its web ACL; one that has none is no error.
func (s *Service) DisassociateWebACL(ctx context.Context, in *wafv2.DisassociateWebACLInput, _ ...opt) (*wafv2.DisassociateWebACLOutput, error) {
	if _, err := typeOf(ctx, in.ResourceArn); err != nil {
		return nil, err
	}
	delete(s.regions.In(ctx).Associations, *in.ResourceArn)
	return &wafv2.DisassociateWebACLOutput{}, nil
}

// GetWebACLForResource answers a resource's web ACL, or none.
func (s *Service) GetWebACLForResource(ctx context.Context, in *wafv2.GetWebACLForResourceInput, _ ...opt) (*wafv2.GetWebACLForResourceOutput, error) {
	if _, err := typeOf(ctx, in.ResourceArn); err != nil {
		return nil, err
	}
	r := s.regions.In(ctx)
	a := r.aclByARN(aws.String(r.Associations[*in.ResourceArn]))
	if a == nil {
		return &wafv2.GetWebACLForResourceOutput{}, nil
	}
	return &wafv2.GetWebACLForResourceOutput{WebACL: a.answer(ctx)}, nil
}

// ListResourcesForWebACL answers the resources of one type, application load balancers by default. It does not page.
func (s *Service) ListResourcesForWebACL(ctx context.Context, in *wafv2.ListResourcesForWebACLInput, _ ...opt) (*wafv2.ListResourcesForWebACLOutput, error) {
	r := s.regions.In(ctx)
	if r.aclByARN(in.WebACLArn) == nil {
		return nil, nonexistent()
	}
	wanted := in.ResourceType
	if wanted == "" {
		wanted = types.ResourceTypeApplicationLoadBalancer
	}
	if !valid(wanted) {
		return nil, invalid(types.ParameterExceptionFieldResourceType, string(wanted), "The value is not valid.")
	}
	out := []string{}
	for _, resource := range slices.Sorted(maps.Keys(r.Associations)) {
		if r.Associations[resource] == *in.WebACLArn && resourcePatterns[wanted].MatchString(resource) {
			out = append(out, resource)
		}
	}
	return &wafv2.ListResourcesForWebACLOutput{ResourceArns: out}, nil
}
