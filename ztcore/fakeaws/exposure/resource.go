package exposure

import (
	"encoding/json"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func must(err error) {
	if err != nil {
		panic("exposure: the fake's state has another form: " + err.Error())
	}
}

// ofResource is what stands for a resource without a policy of its own: identity policies alone decide.
func ofResource(policy, arn, id string) part {
	p := permits{self: arn, resource: []string{nothing}}
	if policy != "" {
		p.resource = []string{policy}
	}
	return part{p, id}
}

const nothing = `{"Version":"2012-10-17","Statement":[]}`

type publicAccess struct{ BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets bool }

func (b *publicAccess) facts() facts {
	if b == nil {
		b = &publicAccess{}
	}
	var open facts
	for what, blocked := range map[string]bool{
		"public ACLs may be set": b.BlockPublicAcls, "public policies may be set": b.BlockPublicPolicy,
		"public ACLs count": b.IgnorePublicAcls, "public policies count": b.RestrictPublicBuckets,
	} {
		if !blocked {
			open = append(open, what)
		}
	}
	return open
}

func readS3(world fakeaws.World) surfaces {
	out := surfaces{}
	for _, text := range world.State("s3") {
		var s struct {
			Buckets map[string]struct {
				Policy       *struct{ Text string }
				PublicAccess *publicAccess
				Ownership    string
				Created      string
			}
		}
		must(json.Unmarshal(text, &s))
		for name, b := range s.Buckets {
			document := ""
			if b.Policy != nil {
				document = b.Policy.Text
			}
			out["policy of bucket "+name] = ofResource(document, "arn:aws:s3:::"+name, name+b.Created)
			open := b.PublicAccess.facts()
			if b.Ownership != "BucketOwnerEnforced" {
				open = append(open, "ACLs count")
			}
			out["public access to bucket "+name] = part{open, name + b.Created}
		}
	}
	return out
}

func readS3Control(world fakeaws.World) surfaces {
	out := surfaces{}
	for at, text := range world.State("s3control") {
		var s struct{ PublicAccess *publicAccess }
		must(json.Unmarshal(text, &s))
		out["public access to buckets of "+at] = part{s.PublicAccess.facts(), at}
	}
	return out
}

// readKMS leaves out keys that AWS manages, and those that are to be deleted: nobody can use them.
func readKMS(world fakeaws.World) surfaces {
	out := surfaces{}
	for _, text := range world.State("kms") {
		var s struct {
			Keys map[string]struct {
				ARN, Managed string
				Deletion     *string
				Policy       struct{ Text string }
				Tags         map[string]string
			}
		}
		must(json.Unmarshal(text, &s))
		for id, k := range s.Keys {
			if k.Managed == "" && k.Deletion == nil {
				name := id
				if k.Tags[tagResource] != "" {
					name = k.Tags[tagResource]
				}
				out["policy of key "+name] = ofResource(k.Policy.Text, k.ARN, id)
			}
		}
	}
	return out
}

func readSNS(world fakeaws.World) surfaces {
	out := surfaces{}
	for _, text := range world.State("sns") {
		var s struct {
			Topics map[string]struct {
				ARN    string
				Policy struct{ Text string }
			}
		}
		must(json.Unmarshal(text, &s))
		for name, t := range s.Topics {
			out["policy of topic "+name] = ofResource(t.Policy.Text, t.ARN, name)
		}
	}
	return out
}

func readSecrets(world fakeaws.World) surfaces {
	out := surfaces{}
	for _, text := range world.State("secretsmanager") {
		var s struct {
			Secrets map[string]struct {
				ARN      string
				Deletion *string
				Policy   *struct{ Text string }
			}
		}
		must(json.Unmarshal(text, &s))
		for name, x := range s.Secrets {
			if x.Deletion != nil {
				continue
			}
			document := ""
			if x.Policy != nil {
				document = x.Policy.Text
			}
			out["policy of secret "+name] = ofResource(document, x.ARN, x.ARN)
		}
	}
	return out
}

// readAPIs has who may invoke a method by the method's own authorization: an open one is open to anyone.
func readAPIs(world fakeaws.World) surfaces {
	out := surfaces{}
	for _, text := range world.State("apigateway") {
		var s struct {
			APIs map[string]struct {
				About     struct{ Name string }
				Resources map[string]struct {
					Path            string
					ResourceMethods map[string]struct{ AuthorizationType string }
				}
			}
		}
		must(json.Unmarshal(text, &s))
		for id, api := range s.APIs {
			var open facts
			for _, r := range api.Resources {
				for method, m := range r.ResourceMethods {
					if m.AuthorizationType == "NONE" {
						open = append(open, method+" "+r.Path+" asks for no authorization")
					}
				}
			}
			out["methods of API "+api.About.Name] = part{open, id}
		}
	}
	return out
}
