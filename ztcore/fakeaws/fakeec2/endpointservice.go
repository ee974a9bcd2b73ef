package fakeec2

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// endpointService is a service of AWS that a VPC can have an endpoint for.
type endpointService struct {
	name     string // as com.amazonaws.us-east-1.s3
	short    string // as s3
	gateway  bool
	noPolicy bool // endpoint policies are not supported
}

// interfaceServices are some of the services with interface endpoints ("AWS services that integrate with AWS PrivateLink"): those
// that a zero-trust network wants.
var interfaceServices = []string{
	"access-analyzer", "acm", "athena", "autoscaling", "backup", "bedrock-runtime", "cloudformation", "cloudtrail", "cognito-idp", "config",
	"dynamodb", "ebs", "ec2", "ec2messages", "ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "elasticfilesystem",
	"elasticloadbalancing", "events", "execute-api", "firehose", "glue", "guardduty-data", "inspector2", "kinesis-streams", "kms", "lambda",
	"logs", "macie2", "monitoring", "network-firewall", "organizations", "rds", "s3", "secretsmanager", "securityhub", "sns", "sqs", "ssm",
	"ssm-contacts", "ssm-incidents", "ssmmessages", "states", "sts", "verifiedpermissions", "wafv2", "xray",
}

// endpointServices are the services of a region: those with gateway endpoints first.
func endpointServices(region string) []endpointService {
	prefix := "com.amazonaws." + region + "."
	if fakeaws.Partition(region) == "aws-cn" {
		prefix = "cn." + prefix
	}
	out := []endpointService{
		{name: prefix + "dynamodb", short: "dynamodb", gateway: true},
		{name: prefix + "s3", short: "s3", gateway: true},
	}
	for _, short := range interfaceServices {
		out = append(out, endpointService{name: prefix + short, short: short, noPolicy: short == "guardduty-data"})
	}
	return out
}

func (e *endpointService) kind() types.ServiceType {
	if e.gateway {
		return types.ServiceTypeGateway
	}
	return types.ServiceTypeInterface
}

// domain is a service's DNS name in the region, without a trailing dot.
func (e *endpointService) domain(region string) string {
	parts := strings.Split(e.short, ".") // ecr.api answers as api.ecr
	slices.Reverse(parts)
	return strings.Join(parts, ".") + "." + region + "." + dnsSuffix(region)
}

// privateName is the name that private DNS takes over, or "" for a gateway endpoint.
func (e *endpointService) privateName(region string) string {
	switch {
	case e.gateway:
		return ""
	case e.short == "execute-api":
		return "*." + e.domain(region)
	}
	return e.domain(region)
}

// DescribeVpcEndpointServices answers AWS's own services only.
func (s *Service) DescribeVpcEndpointServices(ctx context.Context, in *ec2.DescribeVpcEndpointServicesInput, _ ...func(*ec2.Options)) (*ec2.DescribeVpcEndpointServicesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	services := endpointServices(r.Name)
	for _, name := range in.ServiceNames {
		if !slices.ContainsFunc(services, func(e endpointService) bool { return e.name == name }) {
			return nil, unknownService(name)
		}
	}
	q := query[endpointService]{id: func(e *endpointService) string { return e.name }, columns: columns[endpointService]{
		"owner":                      constant[endpointService]("amazon"),
		"service-name":               one(func(e *endpointService) string { return e.name }),
		"service-region":             constant[endpointService](r.Name),
		"service-type":               one(func(e *endpointService) string { return string(e.kind()) }),
		"supported-ip-address-types": constant[endpointService]("ipv4"),
	}}
	conditions, err := compile(r, q, in.Filters)
	if err != nil {
		return nil, err
	}
	var found []endpointService
	for _, e := range services {
		if (len(in.ServiceNames) == 0 || slices.Contains(in.ServiceNames, e.name)) && conditions.hold(r, &e) {
			found = append(found, e)
		}
	}
	found, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVpcEndpointServicesOutput{NextToken: next}
	var zones []string
	for _, z := range zonesOf(r.Name) {
		zones = append(zones, z.name)
	}
	for _, e := range found {
		if !slices.Contains(out.ServiceNames, e.name) {
			out.ServiceNames = append(out.ServiceNames, e.name)
		}
		d := types.ServiceDetail{
			ServiceName: aws.String(e.name), ServiceRegion: aws.String(r.Name), ServiceType: []types.ServiceTypeDetail{{ServiceType: e.kind()}},
			Owner: aws.String("amazon"), AcceptanceRequired: aws.Bool(false), ManagesVpcEndpoints: aws.Bool(false),
			VpcEndpointPolicySupported: aws.Bool(!e.noPolicy), AvailabilityZones: slices.Clone(zones),
			BaseEndpointDnsNames:    []string{e.domain(r.Name)},
			SupportedIpAddressTypes: []types.ServiceConnectivityType{types.ServiceConnectivityTypeIpv4},
		}
		if name := e.privateName(r.Name); name != "" {
			d.BaseEndpointDnsNames = []string{e.short + "." + r.Name + ".vpce." + dnsSuffix(r.Name)}
			d.PrivateDnsName, d.PrivateDnsNameVerificationState = aws.String(name), types.DnsNameStateVerified
			d.PrivateDnsNames = []types.PrivateDnsDetails{{PrivateDnsName: aws.String(name)}}
		}
		out.ServiceDetails = append(out.ServiceDetails, d)
	}
	return out, nil
}

func unknownService(name string) error {
	return fakeaws.Error("InvalidServiceName", "The Vpc Endpoint Service '%s' does not exist", name)
}
