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

// place is a region of AWS: the letters of its zones, and whether an account must opt in to it.
type place struct {
	name  string
	zones string
	optIn bool
}

// places are AWS's regions as of 2025. Those to opt in to are not enabled in a fresh account.
var places = []place{
	{"af-south-1", "abc", true}, {"ap-east-1", "abc", true}, {"ap-northeast-1", "acd", false}, {"ap-northeast-2", "abcd", false},
	{"ap-northeast-3", "abc", false}, {"ap-south-1", "abc", false}, {"ap-south-2", "abc", true}, {"ap-southeast-1", "abc", false},
	{"ap-southeast-2", "abc", false}, {"ap-southeast-3", "abc", true}, {"ap-southeast-4", "abc", true}, {"ca-central-1", "abd", false},
	{"ca-west-1", "abc", true}, {"eu-central-1", "abc", false}, {"eu-central-2", "abc", true}, {"eu-north-1", "abc", false},
	{"eu-south-1", "abc", true}, {"eu-south-2", "abc", true}, {"eu-west-1", "abc", false}, {"eu-west-2", "abc", false},
	{"eu-west-3", "abc", false}, {"il-central-1", "abc", true}, {"me-central-1", "abc", true}, {"me-south-1", "abc", true},
	{"sa-east-1", "abc", false}, {"us-east-1", "abcdef", false}, {"us-east-2", "abc", false}, {"us-west-1", "ac", false},
	{"us-west-2", "abcd", false}, {"cn-north-1", "abd", false}, {"cn-northwest-1", "abc", false}, {"us-gov-east-1", "abc", false},
	{"us-gov-west-1", "abc", false},
}

// zone is an Availability Zone. AWS shuffles the ids differently in each account; here they follow the letters.
type zone struct{ name, id string }

func zonesOf(region string) []zone {
	letters := "abc" // of a region newer than the table
	if i := slices.IndexFunc(places, func(p place) bool { return p.name == region }); i >= 0 {
		letters = places[i].zones
	}
	var out []zone
	for i, l := range letters {
		out = append(out, zone{region + string(l), shortName(region) + "-az" + intText(i+1)})
	}
	return out
}

// shortName is what zone ids begin with: use1 for us-east-1, apse2 for ap-southeast-2.
func shortName(region string) string {
	words := strings.Split(region, "-")
	short := words[0]
	for _, w := range words[1:] {
		for _, d := range []string{"north", "south", "gov", "central", "east", "west"} {
			if rest, ok := strings.CutPrefix(w, d); ok {
				short += d[:1]
				if rest != "" {
					short += rest[:1]
				}
				break
			}
		}
	}
	return short + words[len(words)-1]
}

func dnsSuffix(region string) string {
	if fakeaws.Partition(region) == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// DescribeRegions answers the regions of the caller's partition; without AllRegions only those that are enabled.
func (s *Service) DescribeRegions(ctx context.Context, in *ec2.DescribeRegionsInput, _ ...func(*ec2.Options)) (*ec2.DescribeRegionsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	q := query[place]{columns: columns[place]{
		"region-name":   one(func(p *place) string { return p.name }),
		"endpoint":      one(func(p *place) string { return p.endpoint() }),
		"opt-in-status": one(func(p *place) string { return p.optInStatus() }),
	}}
	conditions, err := compile(r, q, in.Filters)
	if err != nil {
		return nil, err
	}
	for _, name := range in.RegionNames {
		if !slices.ContainsFunc(places, func(p place) bool { return p.name == name }) {
			return nil, invalidParameter("Invalid region provided: [%s]", name)
		}
	}
	out := &ec2.DescribeRegionsOutput{}
	for _, p := range places {
		named := slices.Contains(in.RegionNames, p.name) || len(in.RegionNames) == 0
		if !named || p.optIn && !aws.ToBool(in.AllRegions) || fakeaws.Partition(p.name) != fakeaws.Partition(r.Name) || !conditions.hold(r, &p) {
			continue
		}
		out.Regions = append(out.Regions, types.Region{
			RegionName: aws.String(p.name), Endpoint: aws.String(p.endpoint()), OptInStatus: aws.String(p.optInStatus()),
		})
	}
	return out, nil
}

func (p place) endpoint() string { return "ec2." + p.name + "." + dnsSuffix(p.name) }

func (p place) optInStatus() string {
	if p.optIn {
		return "not-opted-in"
	}
	return "opt-in-not-required"
}

// DescribeAvailabilityZones answers the region's zones. There are no Local Zones or Wavelength Zones.
func (s *Service) DescribeAvailabilityZones(ctx context.Context, in *ec2.DescribeAvailabilityZonesInput, _ ...func(*ec2.Options)) (*ec2.DescribeAvailabilityZonesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	group := r.Name + "-zg-1"
	q := query[zone]{columns: columns[zone]{
		"zone-name":        one(func(z *zone) string { return z.name }),
		"zone-id":          one(func(z *zone) string { return z.id }),
		"region-name":      constant[zone](r.Name),
		"group-name":       constant[zone](group),
		"group-long-name":  constant[zone](r.Name),
		"message":          none[zone],
		"parent-zone-id":   none[zone],
		"parent-zone-name": none[zone],
		"state":            constant[zone]("available"),
		"zone-type":        constant[zone]("availability-zone"),
		"opt-in-status":    constant[zone]("opt-in-not-required"),
	}}
	conditions, err := compile(r, q, in.Filters)
	if err != nil {
		return nil, err
	}
	zones := zonesOf(r.Name)
	for _, name := range append(slices.Clone(in.ZoneNames), in.ZoneIds...) {
		if !slices.ContainsFunc(zones, func(z zone) bool { return z.name == name || z.id == name }) {
			return nil, invalidParameter("Invalid availability zone: [%s]", name)
		}
	}
	out := &ec2.DescribeAvailabilityZonesOutput{}
	for _, z := range zones {
		if len(in.ZoneNames) > 0 && !slices.Contains(in.ZoneNames, z.name) || len(in.ZoneIds) > 0 && !slices.Contains(in.ZoneIds, z.id) || !conditions.hold(r, &z) {
			continue
		}
		out.AvailabilityZones = append(out.AvailabilityZones, types.AvailabilityZone{
			ZoneName: aws.String(z.name), ZoneId: aws.String(z.id), ZoneType: aws.String("availability-zone"), RegionName: aws.String(r.Name),
			GroupName: aws.String(group), NetworkBorderGroup: aws.String(r.Name), State: types.AvailabilityZoneStateAvailable,
			OptInStatus: types.AvailabilityZoneOptInStatusOptInNotRequired,
		})
	}
	return out, nil
}
