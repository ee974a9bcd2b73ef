package fakeec2

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type endpoint struct {
	ID, VPC, Service string
	Type             types.VpcEndpointType
	Policy           string
	RouteTables      []string
	Subnets          []string // with one interface each, in the same order
	Interfaces       []string
	Groups           []string
	PrivateDNS       bool
	Host             string // the first label of its DNS names
	Created, Ready   time.Time
	Gone             time.Time // when it will have been deleted; zero while nobody deletes it
}

// The policies that AWS attaches where none is given: full access.
const (
	gatewayPolicy   = `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`
	interfacePolicy = `{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}`
)

func (e *endpoint) gone(now time.Time) bool { return !e.Gone.IsZero() && !now.Before(e.Gone) }

// state is in lower case, as EC2 answers it; the SDK's constants are not.
func (e *endpoint) state(now time.Time) types.State {
	switch {
	case !e.Gone.IsZero():
		return "deleting"
	case now.Before(e.Ready):
		return "pending"
	}
	return "available"
}

func badEndpoint(format string, args ...any) error {
	return fakeaws.Error("InvalidParameter", format, args...)
}

// endpointServiceNamed finds a service that has endpoints of a type.
func endpointServiceNamed(region, name string, kind types.VpcEndpointType) (*endpointService, error) {
	var has []string
	for _, e := range endpointServices(region) {
		if e.name != name {
			continue
		}
		if string(e.kind()) == string(kind) {
			return &e, nil
		}
		has = append(has, string(e.kind()))
	}
	if has == nil {
		return nil, unknownService(name)
	}
	return nil, badEndpoint("Endpoint type (%s) does not match available service types (%v).", kind, has)
}

// CreateVpcEndpoint makes a gateway endpoint, with its routes, or an interface endpoint, with its network interfaces.
func (s *Service) CreateVpcEndpoint(ctx context.Context, in *ec2.CreateVpcEndpointInput, _ ...func(*ec2.Options)) (*ec2.CreateVpcEndpointOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	done, err := r.replay("CreateVpcEndpoint", in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	e := r.Endpoints.Index[done]
	if done != "" && e == nil {
		return &ec2.CreateVpcEndpointOutput{VpcEndpoint: &types.VpcEndpoint{VpcEndpointId: &done, VpcId: in.VpcId, ServiceName: in.ServiceName, State: "deleted"}, ClientToken: in.ClientToken}, nil
	}
	if e == nil {
		if e, err = s.addEndpoint(r, in); err != nil {
			return nil, err
		}
	}
	out := e.describe(r)
	return &ec2.CreateVpcEndpointOutput{VpcEndpoint: &out, ClientToken: in.ClientToken}, nil
}

func (s *Service) addEndpoint(r *region, in *ec2.CreateVpcEndpointInput) (*endpoint, error) {
	v, err := find(&r.Vpcs, vpcKind, in.VpcId)
	if err != nil {
		return nil, err
	}
	if in.ServiceName == nil {
		return nil, missingParameter("serviceName")
	}
	e := &endpoint{VPC: v.ID, Service: *in.ServiceName, Type: in.VpcEndpointType, Created: time.Now()}
	e.Ready = e.Created
	if e.Type == "" {
		e.Type = types.VpcEndpointTypeGateway
	}
	if e.Type != types.VpcEndpointTypeGateway && e.Type != types.VpcEndpointTypeInterface {
		return nil, &fakeaws.NotFakedError{Service: "EC2", Operation: "CreateVpcEndpoint", Member: "VpcEndpointType", Why: "endpoints of type " + string(e.Type) + " are not faked"}
	}
	service, err := endpointServiceNamed(r.Name, e.Service, e.Type)
	if err != nil {
		return nil, err
	}
	if e.Policy, err = endpointPolicy(in.PolicyDocument, e.Type, service); err != nil {
		return nil, err
	}
	tags, err := specified(in.TagSpecifications, endpointKind.resource)
	if err != nil {
		return nil, err
	}
	e.ID = s.cloud.ID("vpce-", 17)
	e.Host = e.ID + "-" + s.cloud.ID("", 8)
	if e.Type == types.VpcEndpointTypeGateway {
		if len(in.SubnetIds)+len(in.SecurityGroupIds) > 0 || in.PrivateDnsEnabled != nil {
			return nil, badEndpoint("Subnets, security groups and private DNS are not supported for a Gateway endpoint.")
		}
		if err := e.route(r, in.RouteTableIds); err != nil {
			return nil, err
		}
	} else {
		if len(in.RouteTableIds) > 0 {
			return nil, badEndpoint("Route table IDs are only supported for a Gateway endpoint.")
		}
		e.Ready = e.Created.Add(s.settle())
		if e.Groups, err = s.groupsIn(r, v.ID, in.SecurityGroupIds); err != nil {
			return nil, err
		}
		// A request that says nothing gets private DNS, but for the services that gateway endpoints serve.
		if in.PrivateDnsEnabled == nil && service.short != "s3" && service.short != "dynamodb" || aws.ToBool(in.PrivateDnsEnabled) {
			if err := e.takeNames(r); err != nil {
				return nil, err
			}
		}
		if err := s.reach(r, e, in.SubnetIds); err != nil {
			return nil, err
		}
	}
	r.Endpoints.add(e.ID, e)
	r.tag(e.ID, tags)
	r.remember("CreateVpcEndpoint", in.ClientToken, in, e.ID)
	return e, nil
}

// endpointPolicy checks a policy document, or answers the default one.
func endpointPolicy(document *string, kind types.VpcEndpointType, service *endpointService) (string, error) {
	if aws.ToString(document) == "" {
		if kind == types.VpcEndpointTypeGateway {
			return gatewayPolicy, nil
		}
		return interfacePolicy, nil
	}
	if service.noPolicy {
		return "", badEndpoint("The endpoint policy is not supported by the service %s", service.name)
	}
	var policy struct{ Statement any }
	if err := json.Unmarshal([]byte(*document), &policy); err != nil || policy.Statement == nil {
		return "", fakeaws.Error("InvalidPolicyDocument", "The specified policy document is not a valid JSON policy document.")
	}
	return *document, nil
}

// route adds the endpoint's route to route tables, all or none. Tables that have it keep it.
func (e *endpoint) route(r *region, ids []string) error {
	tables, err := findAll(&r.RouteTables, tableKind, ids)
	if err != nil {
		return err
	}
	l := r.listNamed(e.Service)
	tables = slices.DeleteFunc(tables, func(t *routeTable) bool { return slices.Contains(e.RouteTables, t.ID) })
	for _, t := range tables {
		if t.VPC != e.VPC {
			return badEndpoint("Route table %s and network %s belong to different networks", t.ID, e.VPC)
		}
		if t.routeTo(l.ID) != nil {
			return fakeaws.Error("RouteAlreadyExists", "route table %s already has a route with destination-prefix-list-id %s", t.ID, l.ID)
		}
	}
	for _, t := range tables {
		t.Routes = append(t.Routes, route{PrefixList: l.ID, Via: target{Endpoint: e.ID}, Origin: types.RouteOriginCreateRoute})
		e.RouteTables = append(e.RouteTables, t.ID)
	}
	return nil
}

// unroute removes the endpoint's route from route tables.
func (e *endpoint) unroute(r *region, ids []string) {
	for _, id := range ids {
		if t := r.RouteTables.Index[id]; t != nil {
			t.Routes = slices.DeleteFunc(t.Routes, func(x route) bool { return x.Via.Endpoint == e.ID })
		}
	}
	e.RouteTables = slices.DeleteFunc(e.RouteTables, func(id string) bool { return slices.Contains(ids, id) })
}

// takeNames turns private DNS on. The VPC must resolve names, and only one endpoint in it can have a service's name.
func (e *endpoint) takeNames(r *region) error {
	if v := r.Vpcs.Index[e.VPC]; v.NoDNSSupport || !v.DNSHostnames {
		return badEndpoint("Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for %s", v.ID)
	}
	taken := r.Endpoints.any(func(o *endpoint) bool {
		return o != e && o.VPC == e.VPC && o.Service == e.Service && o.PrivateDNS && o.Type == e.Type
	})
	if taken {
		return badEndpoint("private-dns-enabled cannot be set because there is already a conflicting DNS domain for %s in the VPC %s", e.Service, e.VPC)
	}
	e.PrivateDNS = true
	return nil
}

// reach puts a network interface into subnets, all or none. A zone can have only one.
func (s *Service) reach(r *region, e *endpoint, ids []string) error {
	subnets, err := findAll(&r.Subnets, subnetKind, ids)
	if err != nil {
		return err
	}
	zones := map[string]bool{}
	for _, id := range e.Subnets {
		zones[r.Subnets.Index[id].Zone] = true
	}
	for _, n := range subnets {
		if n.VPC != e.VPC {
			return badEndpoint("Subnet %s and network %s belong to different networks", n.ID, e.VPC)
		}
		if zones[n.Zone] {
			return fakeaws.Error("DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone of %s. VPC endpoint subnets should be in different availability zones supported by the VPC endpoint service.", n.ID)
		}
		zones[n.Zone] = true
	}
	var made []*networkInterface
	for _, n := range subnets {
		i, err := s.addInterface(r, networkInterface{
			Subnet: n.ID, Type: types.NetworkInterfaceTypeVpcEndpoint, Description: "VPC Endpoint Interface " + e.ID, Groups: slices.Clone(e.Groups), Managed: true,
		})
		if err != nil {
			for _, i := range made {
				r.dropInterface(i)
			}
			return err
		}
		made = append(made, i)
	}
	for _, i := range made {
		e.Subnets, e.Interfaces = append(e.Subnets, i.Subnet), append(e.Interfaces, i.ID)
	}
	return nil
}

func (e *endpoint) describe(r *region) types.VpcEndpoint {
	out := types.VpcEndpoint{
		VpcEndpointId: aws.String(e.ID), VpcId: aws.String(e.VPC), ServiceName: aws.String(e.Service), VpcEndpointType: e.Type,
		OwnerId: aws.String(r.Account), State: e.state(time.Now()), PolicyDocument: aws.String(e.Policy), CreationTimestamp: aws.Time(e.Created),
		RequesterManaged: aws.Bool(false), PrivateDnsEnabled: aws.Bool(e.PrivateDNS), RouteTableIds: slices.Clone(e.RouteTables),
		SubnetIds: slices.Clone(e.Subnets), NetworkInterfaceIds: slices.Clone(e.Interfaces), Tags: r.tagsOn(e.ID), ServiceRegion: aws.String(r.Name),
	}
	if e.Type == types.VpcEndpointTypeGateway {
		return out
	}
	out.IpAddressType = types.IpAddressTypeIpv4
	out.DnsOptions = &types.DnsOptions{DnsRecordIpType: types.DnsRecordIpTypeIpv4}
	for _, g := range r.groupNames(e.Groups) {
		out.Groups = append(out.Groups, types.SecurityGroupIdentifier{GroupId: g.GroupId, GroupName: g.GroupName})
	}
	service, err := endpointServiceNamed(r.Name, e.Service, e.Type)
	if err != nil {
		panic("fakeec2: an endpoint of an unknown service: " + err.Error())
	}
	suffix := "." + service.short + "." + r.Name + ".vpce." + dnsSuffix(r.Name)
	out.DnsEntries = []types.DnsEntry{{DnsName: aws.String(e.Host + suffix)}}
	for _, id := range e.Subnets {
		out.DnsEntries = append(out.DnsEntries, types.DnsEntry{DnsName: aws.String(e.Host + "-" + r.Subnets.Index[id].Zone + suffix)})
	}
	if e.PrivateDNS {
		out.DnsEntries = append(out.DnsEntries, types.DnsEntry{DnsName: aws.String(service.privateName(r.Name))})
	}
	return out
}

var endpointQuery = query[endpoint]{
	kind: endpointKind, id: func(e *endpoint) string { return e.ID }, visible: func(e *endpoint) bool { return !e.gone(time.Now()) },
	columns: columns[endpoint]{
		"ip-address-type": one(func(e *endpoint) string {
			if e.Type == types.VpcEndpointTypeGateway {
				return ""
			}
			return "ipv4"
		}),
		"service-name":       one(func(e *endpoint) string { return e.Service }),
		"service-region":     func(r *region, _ *endpoint) []string { return []string{r.Name} },
		"vpc-id":             one(func(e *endpoint) string { return e.VPC }),
		"vpc-endpoint-id":    one(func(e *endpoint) string { return e.ID }),
		"vpc-endpoint-state": one(func(e *endpoint) string { return string(e.state(time.Now())) }),
		"vpc-endpoint-type":  one(func(e *endpoint) string { return string(e.Type) }),
	},
}

// DescribeVpcEndpoints answers endpoints in the order of their creation. More than 1000 a page are not refused but cut.
func (s *Service) DescribeVpcEndpoints(ctx context.Context, in *ec2.DescribeVpcEndpointsInput, _ ...func(*ec2.Options)) (*ec2.DescribeVpcEndpointsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	max := in.MaxResults
	if max != nil && *max > 1000 {
		max = aws.Int32(1000)
	}
	found, next, err := list(ctx, r, &r.Endpoints, endpointQuery, asked{in.VpcEndpointIds, in.Filters, in.NextToken, max})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVpcEndpointsOutput{NextToken: next}
	for _, e := range found {
		out.VpcEndpoints = append(out.VpcEndpoints, e.describe(r))
	}
	return out, nil
}

// ModifyVpcEndpoint changes an endpoint's policy, route tables, subnets, groups or private DNS.
func (s *Service) ModifyVpcEndpoint(ctx context.Context, in *ec2.ModifyVpcEndpointInput, _ ...func(*ec2.Options)) (*ec2.ModifyVpcEndpointOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	e, err := find(&r.Endpoints, endpointKind, in.VpcEndpointId)
	if err != nil {
		return nil, err
	}
	if !e.Gone.IsZero() {
		return nil, endpointKind.missing(e.ID)
	}
	service, err := endpointServiceNamed(r.Name, e.Service, e.Type)
	if err != nil {
		return nil, err
	}
	if aws.ToBool(in.ResetPolicy) && in.PolicyDocument != nil {
		return nil, badCombination("The parameters policyDocument and resetPolicy cannot be used together")
	}
	policy := e.Policy
	if in.PolicyDocument != nil || aws.ToBool(in.ResetPolicy) {
		if policy, err = endpointPolicy(in.PolicyDocument, e.Type, service); err != nil {
			return nil, err
		}
	}
	if e.Type == types.VpcEndpointTypeGateway {
		if len(in.AddSubnetIds)+len(in.RemoveSubnetIds)+len(in.AddSecurityGroupIds)+len(in.RemoveSecurityGroupIds) > 0 || in.PrivateDnsEnabled != nil {
			return nil, badEndpoint("Subnets, security groups and private DNS are not supported for a Gateway endpoint.")
		}
		if err := e.route(r, in.AddRouteTableIds); err != nil {
			return nil, err
		}
		e.unroute(r, in.RemoveRouteTableIds)
	} else if err := s.modifyInterface(r, e, in); err != nil {
		return nil, err
	}
	e.Policy = policy
	return &ec2.ModifyVpcEndpointOutput{Return: aws.Bool(true)}, nil
}

func (s *Service) modifyInterface(r *region, e *endpoint, in *ec2.ModifyVpcEndpointInput) error {
	if len(in.AddRouteTableIds)+len(in.RemoveRouteTableIds) > 0 {
		return badEndpoint("Route table IDs are only supported for a Gateway endpoint.")
	}
	groups := append(slices.Clone(e.Groups), in.AddSecurityGroupIds...)
	groups = slices.DeleteFunc(groups, func(id string) bool { return slices.Contains(in.RemoveSecurityGroupIds, id) })
	if len(groups) == 0 {
		return badEndpoint("An interface endpoint must have at least one security group")
	}
	groups, err := s.groupsIn(r, e.VPC, groups)
	if err != nil {
		return err
	}
	if aws.ToBool(in.PrivateDnsEnabled) && !e.PrivateDNS {
		if err := e.takeNames(r); err != nil {
			return err
		}
	}
	before := *e
	e.Groups = groups
	e.Subnets, e.Interfaces = nil, nil
	var leaving []string
	for k, id := range before.Subnets {
		if slices.Contains(in.RemoveSubnetIds, id) {
			leaving = append(leaving, before.Interfaces[k])
			continue
		}
		e.Subnets, e.Interfaces = append(e.Subnets, id), append(e.Interfaces, before.Interfaces[k])
	}
	adding := slices.DeleteFunc(slices.Clone(in.AddSubnetIds), func(id string) bool { return slices.Contains(e.Subnets, id) })
	if err := s.reach(r, e, adding); err != nil {
		*e = before
		return err
	}
	for _, id := range leaving {
		r.dropInterface(r.Interfaces.Index[id])
	}
	for _, id := range e.Interfaces {
		r.Interfaces.Index[id].Groups = slices.Clone(groups)
	}
	if in.PrivateDnsEnabled != nil && !*in.PrivateDnsEnabled {
		e.PrivateDNS = false
	}
	return nil
}

// DeleteVpcEndpoints deletes endpoints with their routes and interfaces; those that are unknown are answered as unsuccessful.
func (s *Service) DeleteVpcEndpoints(ctx context.Context, in *ec2.DeleteVpcEndpointsInput, _ ...func(*ec2.Options)) (*ec2.DeleteVpcEndpointsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	for _, id := range in.VpcEndpointIds {
		if err := endpointKind.check(id); err != nil {
			return nil, err
		}
	}
	out := &ec2.DeleteVpcEndpointsOutput{}
	now := time.Now()
	for _, id := range in.VpcEndpointIds {
		e := r.Endpoints.Index[id]
		if e == nil {
			out.Unsuccessful = append(out.Unsuccessful, types.UnsuccessfulItem{ResourceId: aws.String(id), Error: &types.UnsuccessfulItemError{
				Code: aws.String("InvalidVpcEndpoint.NotFound"), Message: aws.String("The VPC endpoint '" + id + "' does not exist"),
			}})
			continue
		}
		if !e.Gone.IsZero() {
			continue
		}
		e.unroute(r, slices.Clone(e.RouteTables))
		e.Gone = now
		if e.Type == types.VpcEndpointTypeInterface {
			e.Gone = now.Add(s.settle())
		}
		for _, i := range e.Interfaces {
			r.Interfaces.Index[i].Gone = e.Gone
		}
	}
	r.sweep(now)
	return out, nil
}
