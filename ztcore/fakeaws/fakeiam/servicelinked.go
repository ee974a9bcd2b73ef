package fakeiam

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// serviceLinkedRoles are the services that have such roles: the role's name, and its policy where it is one of
// awsManagedPolicies.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
var serviceLinkedRoles = map[string]struct {
	name, policy string
	suffix       bool // takes a CustomSuffix
}{
	"access-analyzer.amazonaws.com":      {name: "AWSServiceRoleForAccessAnalyzer", policy: "AccessAnalyzerServiceRolePolicy"},
	"autoscaling.amazonaws.com":          {name: "AWSServiceRoleForAutoScaling", suffix: true},
	"cloudtrail.amazonaws.com":           {name: "AWSServiceRoleForCloudTrail", policy: "CloudTrailServiceRolePolicy"},
	"cognito-idp.amazonaws.com":          {name: "AWSServiceRoleForAmazonCognitoIdp"},
	"config.amazonaws.com":               {name: "AWSServiceRoleForConfig", policy: "AWSConfigServiceRolePolicy"},
	"elasticloadbalancing.amazonaws.com": {name: "AWSServiceRoleForElasticLoadBalancing"},
	"guardduty.amazonaws.com":            {name: "AWSServiceRoleForAmazonGuardDuty", policy: "AmazonGuardDutyServiceRolePolicy"},
	"inspector2.amazonaws.com":           {name: "AWSServiceRoleForAmazonInspector2", policy: "AmazonInspector2ServiceRolePolicy"},
	"macie.amazonaws.com":                {name: "AWSServiceRoleForAmazonMacie"},
	"network-firewall.amazonaws.com":     {name: "AWSServiceRoleForNetworkFirewall"},
	"ops.apigateway.amazonaws.com":       {name: "AWSServiceRoleForAPIGateway"},
	"organizations.amazonaws.com":        {name: "AWSServiceRoleForOrganizations", policy: "AWSOrganizationsServiceTrustPolicy"},
	"securityhub.amazonaws.com":          {name: "AWSServiceRoleForSecurityHub", policy: "AWSSecurityHubServiceRolePolicy"},
	"ssm.amazonaws.com":                  {name: "AWSServiceRoleForAmazonSSM"},
	"vpc-lattice.amazonaws.com":          {name: "AWSServiceRoleForVpcLattice"},
	"wafv2.amazonaws.com":                {name: "AWSServiceRoleForWAFV2Logging"},
}

var deletionTaskPattern = regexp.MustCompile(`^task/aws-service-role/[^/]+/([^/]+)/[0-9a-f-]{36}$`)

func (s *Service) installServiceLinkedRoles(c *fakeaws.Cloud) {
	fakeaws.On(c, s.CreateServiceLinkedRole, "AWSServiceName", "CustomSuffix", "Description")
	fakeaws.On(c, s.DeleteServiceLinkedRole, "RoleName")
	fakeaws.On(c, s.GetServiceLinkedRoleDeletionStatus, "DeletionTaskId")
}

// CreateServiceLinkedRole makes the role that a service acts through. AWS refuses a second one as invalid input.
func (s *Service) CreateServiceLinkedRole(ctx context.Context, in *iam.CreateServiceLinkedRoleInput, _ ...opt) (*iam.CreateServiceLinkedRoleOutput, error) {
	a := s.in(ctx)
	service := aws.ToString(in.AWSServiceName)
	def, ok := serviceLinkedRoles[service]
	if !ok {
		return nil, fakeaws.Error("AccessDenied", "Service-linked roles of %s are unknown to AWS, or to fakeiam", service)
	}
	name := def.name
	if in.CustomSuffix != nil {
		if !def.suffix {
			return nil, invalidInput("Custom suffix is not allowed for %s", service)
		}
		name += "_" + *in.CustomSuffix
	}
	if err := checkName("roleName", &name, longestRole); err != nil {
		return nil, err
	}
	if a.Roles.get(name) != nil {
		return nil, invalidInput("Service role name %s has been taken in this account, please try a different suffix.", name)
	}
	r := &role{
		Entity: s.entity(ctx, "role", "AROA", serviceOnlyPath+service+"/", name), MaxSession: shortestSession, Service: service,
		Trust: policy.Allow("sts:AssumeRole").To(policy.Service(service)),
	}
	if err := r.describe(in.Description, nil); err != nil {
		return nil, err
	}
	if def.policy != "" {
		r.Grants.Attached = []string{awsManagedARN(fakeaws.CallFrom(ctx).Partition(), serviceOnlyPath, def.policy)}
	}
	a.Roles.put(name, r)
	s.register(ctx, r.Entity)
	out := s.roleInfo(ctx, r)
	out.MaxSessionDuration = nil
	return &iam.CreateServiceLinkedRoleOutput{Role: &out}, nil
}

// DeleteServiceLinkedRole succeeds at once: no service tells whether it still needs the role.
func (s *Service) DeleteServiceLinkedRole(ctx context.Context, in *iam.DeleteServiceLinkedRoleInput, _ ...opt) (*iam.DeleteServiceLinkedRoleOutput, error) {
	a := s.in(ctx)
	r, err := a.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	if r.Service == "" {
		return nil, invalidInput("The role %s is not a service-linked role", r.Entity.Name)
	}
	a.Roles.remove(r.Entity.Name)
	s.unregister(ctx, r.Entity)
	task := "task" + r.Entity.Path + r.Entity.Name + "/" + s.cloud.UUID()
	return &iam.DeleteServiceLinkedRoleOutput{DeletionTaskId: &task}, nil
}

// GetServiceLinkedRoleDeletionStatus answers SUCCEEDED for every task there was.
func (s *Service) GetServiceLinkedRoleDeletionStatus(_ context.Context, in *iam.GetServiceLinkedRoleDeletionStatusInput, _ ...opt) (*iam.GetServiceLinkedRoleDeletionStatusOutput, error) {
	if !deletionTaskPattern.MatchString(aws.ToString(in.DeletionTaskId)) {
		return nil, noSuchEntity("Deletion task %s cannot be found.", aws.ToString(in.DeletionTaskId))
	}
	return &iam.GetServiceLinkedRoleDeletionStatusOutput{Status: types.DeletionTaskStatusTypeSucceeded}, nil
}
