package main

import (
	"github.com/seed-08ecc977/zerotrust/segmentation"
	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// segments is section 8 of the guide.
func segments(place) []step {
	tiers := func(name, cidr, webGroup string) segmentation.Environment {
		return segmentation.Environment{
			Name: name, CIDR: cidr,
			Segments: []segmentation.Segment{{Name: "web", SecurityGroup: webGroup}, {Name: "app", Uses: []string{"s3"}}, {Name: "db"}},
			Flows: []segmentation.Flow{
				{From: segmentation.Internet, To: "web", Port: 443, Because: "customers"},
				{From: "web", To: "app", Port: 8443},
				{From: "app", To: "db", Port: 5432},
			},
		}
	}
	design := func(e ...segmentation.Environment) ztcore.List {
		return ztcore.List{segmentation.Design{Environments: e}}
	}
	return []step{
		{rows: "33–39", what: "production in segments: the group WebServerSG by TLS alone, an endpoint for S3", resources: design(tiers("production", "10.10.0.0/16", "WebServerSG"))},
		{rows: "8 +", what: "development and test, apart from it", resources: append(design(tiers("test", "10.20.0.0/16", "")), design(tiers("development", "10.30.0.0/16", ""))...)},
		{rows: "8 +", what: "proof that nothing else is reached", proof: "segmentation.TestExactlyWhatIsDeclaredCanBeReached"},
	}
}
