package fakeec2

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// described is a column that looks at an instance as it is answered.
func described(f func(types.Instance) *string) func(*region, *instance) []string {
	return func(r *region, i *instance) []string {
		if s := f(i.describe(r)); s != nil && *s != "" {
			return []string{*s}
		}
		return nil
	}
}

// onInterfaces is a column of an instance's interfaces, made of the same column of DescribeNetworkInterfaces.
func onInterfaces(name string) func(*region, *instance) []string {
	return func(r *region, i *instance) []string {
		var out []string
		for _, n := range r.interfacesOf(i, time.Now()) {
			out = append(out, interfaceQuery.columns[name](r, n)...)
		}
		return out
	}
}

// onVolumes is a column of an instance's volumes.
func onVolumes(f func(*volume) string) func(*region, *instance) []string {
	return func(r *region, i *instance) []string {
		var out []string
		for _, v := range r.volumesOf(i, time.Now()) {
			out = append(out, f(v))
		}
		return out
	}
}

// unmodelled are documented filters on what no instance here has.
var unmodelled = []string{"affinity", "boot-mode", "capacity-reservation-id", "capacity-reservation-specification.capacity-reservation-preference",
	"capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id",
	"capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn", "current-instance-boot-mode",
	"enclave-options.enabled", "hibernation-options.configured", "host-id", "ipv6-address", "kernel-id", "key-name", "maintenance-options.auto-recovery",
	"network-interface.addresses.association.allocation-id", "network-interface.addresses.association.association-id",
	"network-interface.addresses.association.carrier-ip", "network-interface.addresses.association.customer-owned-ip",
	"network-interface.addresses.association.ip-owner-id", "network-interface.addresses.association.public-dns-name",
	"network-interface.addresses.private-dns-name", "network-interface.association.carrier-ip", "network-interface.association.customer-owned-ip",
	"network-interface.attachment.network-card-index", "network-interface.deny-all-igw-traffic", "network-interface.ipv4-prefixes.ipv4-prefix",
	"network-interface.ipv6-address", "network-interface.ipv6-addresses.ipv6-address", "network-interface.ipv6-addresses.is-primary-ipv6",
	"network-interface.ipv6-native", "network-interface.ipv6-prefixes.ipv6-prefix", "network-interface.operator.managed",
	"network-interface.operator.principal", "network-interface.outpost-arn", "network-interface.public-dns-name",
	"network-interface.requester-id", "network-interface.tag-key", "network-interface.tag-value", "network-performance-options.bandwidth-weighting",
	"operator.managed", "operator.principal", "outpost-arn", "placement-group-name", "placement-partition-number",
	"private-dns-name-options.enable-resource-name-dns-a-record", "private-dns-name-options.enable-resource-name-dns-aaaa-record",
	"private-dns-name-options.hostname-type", "product-code", "product-code.type", "ramdisk-id", "tpm-support", "usage-operation",
	"usage-operation-update-time"}

func instanceColumns() columns[instance] {
	c := columns[instance]{
		"architecture":                 one(func(i *instance) string { return i.Architecture }),
		"availability-zone":            one(func(i *instance) string { return i.Zone }),
		"client-token":                 one(func(i *instance) string { return i.Token }),
		"dns-name":                     described(func(x types.Instance) *string { return x.PublicDnsName }),
		"ebs-optimized":                one(func(i *instance) string { return boolText(i.EBSOptimized) }),
		"image-id":                     one(func(i *instance) string { return i.Image }),
		"instance-id":                  one(func(i *instance) string { return i.ID }),
		"instance-lifecycle":           one(func(i *instance) string { return map[bool]string{true: "spot"}[i.Spot] }),
		"instance-state-code":          one(func(i *instance) string { return intText(stateCodes[i.state(time.Now())]) }),
		"instance-state-name":          one(func(i *instance) string { return string(i.state(time.Now())) }),
		"instance-type":                one(func(i *instance) string { return string(i.Type) }),
		"ip-address":                   described(func(x types.Instance) *string { return x.PublicIpAddress }),
		"launch-index":                 one(func(i *instance) string { return intText(i.Index) }),
		"launch-time":                  one(func(i *instance) string { return i.Launched.UTC().Format("2006-01-02T15:04:05.000Z") }),
		"monitoring-state":             one(func(i *instance) string { return string(monitoring(i.Monitored)) }),
		"owner-id":                     owner[instance],
		"platform-details":             one(func(i *instance) string { return i.Platform }),
		"private-dns-name":             described(func(x types.Instance) *string { return x.PrivateDnsName }),
		"private-ip-address":           described(func(x types.Instance) *string { return x.PrivateIpAddress }),
		"reservation-id":               one(func(i *instance) string { return i.Reservation }),
		"root-device-name":             one(func(i *instance) string { return i.RootDevice }),
		"root-device-type":             constant[instance]("ebs"),
		"spot-instance-request-id":     one(func(i *instance) string { return i.SpotRequest }),
		"state-reason-code":            one(func(i *instance) string { return i.ReasonCode }),
		"subnet-id":                    described(func(x types.Instance) *string { return x.SubnetId }),
		"tenancy":                      one(func(i *instance) string { return string(i.Tenancy) }),
		"virtualization-type":          constant[instance]("hvm"),
		"vpc-id":                       described(func(x types.Instance) *string { return x.VpcId }),
		"metadata-options.http-tokens": one(func(i *instance) string { return string(i.Metadata.HttpTokens) }),
		"metadata-options.http-endpoint": one(func(i *instance) string {
			return string(i.Metadata.HttpEndpoint)
		}),
		"metadata-options.http-put-response-hop-limit": one(func(i *instance) string { return intText(aws.ToInt32(i.Metadata.HttpPutResponseHopLimit)) }),
		"metadata-options.instance-metadata-tags":      one(func(i *instance) string { return string(i.Metadata.InstanceMetadataTags) }),
		"metadata-options.state":                       one(func(i *instance) string { return string(i.metadata(time.Now()).State) }),
		"source-dest-check": described(func(x types.Instance) *string {
			if x.SourceDestCheck == nil {
				return nil
			}
			return aws.String(boolText(*x.SourceDestCheck))
		}),
		"iam-instance-profile.arn": described(func(x types.Instance) *string {
			if x.IamInstanceProfile == nil {
				return nil
			}
			return x.IamInstanceProfile.Arn
		}),
		"iam-instance-profile.id": described(func(x types.Instance) *string {
			if x.IamInstanceProfile == nil {
				return nil
			}
			return x.IamInstanceProfile.Id
		}),
		"instance.group-id": func(r *region, i *instance) []string {
			if all := r.interfacesOf(i, time.Now()); len(all) > 0 {
				return all[0].Groups
			}
			return nil
		},
		"block-device-mapping.volume-id":             onVolumes(func(v *volume) string { return v.ID }),
		"block-device-mapping.device-name":           onVolumes(func(v *volume) string { return v.Attachment.Device }),
		"block-device-mapping.delete-on-termination": onVolumes(func(v *volume) string { return boolText(v.Attachment.DeleteOnTermination) }),
	}
	c["hypervisor"], c["ena-support"] = constant[instance]("xen"), constant[instance]("true")
	c["availability-zone-id"] = func(r *region, i *instance) []string { return []string{r.Subnets.Index[i.Subnet].ZoneID} }
	c["block-device-mapping.attach-time"] = onVolumes(func(v *volume) string { return v.Attachment.Since.UTC().Format(time.RFC3339) })
	c["block-device-mapping.status"] = onVolumes(func(v *volume) string { return string(v.Attachment.describe(v).State) })
	c["instance.group-name"] = func(r *region, i *instance) []string {
		var names []string
		if all := r.interfacesOf(i, time.Now()); len(all) > 0 {
			names = interfaceQuery.columns["group-name"](r, all[0])
		}
		return names
	}
	c["metadata-options.http-protocol-ipv6"] = one(func(i *instance) string { return string(i.Metadata.HttpProtocolIpv6) })
	c["metadata-options.http-protocol-ipv4"] = c["metadata-options.http-endpoint"]
	c["platform"] = one(func(i *instance) string { return map[bool]string{true: "windows"}[i.Platform == "Windows"] })
	c["reason"] = one(func(i *instance) string { return i.Reason })
	c["requester-id"] = one(func(i *instance) string { return i.LaunchedBy })
	c["state-reason-message"] = c["reason"]
	for _, name := range unmodelled {
		c[name] = none[instance]
	}
	for _, name := range []string{"addresses.association.public-ip", "addresses.primary", "addresses.private-ip-address", "association.allocation-id",
		"association.association-id", "association.ip-owner-id", "association.public-dns-name", "association.public-ip", "attachment.attach-time",
		"attachment.attachment-id", "attachment.delete-on-termination", "attachment.device-index", "attachment.instance-id", "attachment.instance-owner-id",
		"attachment.status", "availability-zone", "description", "group-id", "group-name", "mac-address", "network-interface-id", "owner-id", "private-dns-name",
		"private-ip-address", "requester-managed", "status", "source-dest-check", "subnet-id", "vpc-id"} {
		c["network-interface."+name] = onInterfaces(name)
	}
	return c
}

var instanceQuery = query[instance]{
	kind: instanceKind, id: func(i *instance) string { return i.ID }, idsOrPages: true, columns: instanceColumns(),
	visible: func(i *instance) bool { return !i.vanished(time.Now()) },
}

// DescribeInstances answers instances in the order of their launch, those terminated within the hour too.
func (s *Service) DescribeInstances(ctx context.Context, in *ec2.DescribeInstancesInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstancesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, next, err := list(ctx, r, &r.Instances, instanceQuery, asked{in.InstanceIds, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	return &ec2.DescribeInstancesOutput{NextToken: next, Reservations: r.reservations(found)}, nil
}

// reservations groups instances by the request that launched them.
func (r *region) reservations(all []*instance) []types.Reservation {
	var out []types.Reservation
	for _, i := range all {
		k := slices.IndexFunc(out, func(x types.Reservation) bool { return *x.ReservationId == i.Reservation })
		if k < 0 {
			k = len(out)
			out = append(out, types.Reservation{ReservationId: aws.String(i.Reservation), OwnerId: aws.String(r.Account), RequesterId: text(i.LaunchedBy)})
		}
		out[k].Instances = append(out[k].Instances, i.describe(r))
	}
	return out
}

var statusQuery = query[instance]{kind: instanceKind, visible: instanceQuery.visible, id: instanceQuery.id, idsOrPages: true, columns: columns[instance]{
	"availability-zone-id": instanceQuery.columns["availability-zone-id"],
	"event.code":           none[instance], "event.description": none[instance], "event.instance-event-id": none[instance], "event.not-after": none[instance],
	"event.not-before": none[instance], "event.not-before-deadline": none[instance], "operator.managed": none[instance], "operator.principal": none[instance],
	"attached-ebs-status.status": one(func(i *instance) string { return string(i.health(time.Now())) }), "application-status.status": none[instance],
	"availability-zone":            instanceQuery.columns["availability-zone"],
	"instance-state-code":          instanceQuery.columns["instance-state-code"],
	"instance-state-name":          instanceQuery.columns["instance-state-name"],
	"instance-status.status":       one(func(i *instance) string { return string(i.health(time.Now())) }),
	"instance-status.reachability": one(func(i *instance) string { return string(i.reachability(time.Now())) }),
	"system-status.status":         one(func(i *instance) string { return string(i.health(time.Now())) }),
	"system-status.reachability":   one(func(i *instance) string { return string(i.reachability(time.Now())) }),
}}

func (i *instance) health(now time.Time) types.SummaryStatus {
	switch i.state(now) {
	case types.InstanceStateNameRunning:
		return types.SummaryStatusOk
	case types.InstanceStateNamePending:
		return types.SummaryStatusInitializing
	}
	return types.SummaryStatusNotApplicable
}

func (i *instance) reachability(now time.Time) types.StatusType {
	switch i.state(now) {
	case types.InstanceStateNameRunning:
		return types.StatusTypePassed
	case types.InstanceStateNamePending:
		return types.StatusTypeInitializing
	}
	return ""
}

// DescribeInstanceStatus answers the health of running instances, or of all. The fake's are healthy once they run.
func (s *Service) DescribeInstanceStatus(ctx context.Context, in *ec2.DescribeInstanceStatusInput, _ ...func(*ec2.Options)) (*ec2.DescribeInstanceStatusOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	var candidates table[instance]
	for _, i := range r.Instances.Items {
		if aws.ToBool(in.IncludeAllInstances) || i.state(now) == types.InstanceStateNameRunning {
			candidates.add(i.ID, i)
		}
	}
	ids := in.InstanceIds
	for _, id := range ids {
		if _, err := r.instance(&id); err != nil {
			return nil, err
		}
	}
	asks := len(ids) > 0
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return candidates.Index[id] == nil })
	if asks && len(ids) == 0 {
		return &ec2.DescribeInstanceStatusOutput{}, nil
	}
	found, next, err := list(ctx, r, &candidates, statusQuery, asked{ids, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeInstanceStatusOutput{NextToken: next}
	for _, i := range found {
		summary := types.InstanceStatusSummary{Status: i.health(now)}
		if reach := i.reachability(now); reach != "" {
			summary.Details = []types.InstanceStatusDetails{{Name: types.StatusNameReachability, Status: reach}}
		}
		system := summary
		out.InstanceStatuses = append(out.InstanceStatuses, types.InstanceStatus{
			InstanceId: aws.String(i.ID), AvailabilityZone: aws.String(i.Zone), InstanceState: stateOf(i.state(now)), InstanceStatus: &summary, SystemStatus: &system,
		})
	}
	return out, nil
}
