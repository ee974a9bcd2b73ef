package configrules

import (
	"strings"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Preset is AWS Config as a baseline wants it: everything is recorded, delivered to an encrypted bucket of its own, and held to
// the rules of Baseline. The zero value with a name is complete. It can be planned in any number of regions; its role is one
// for all of them, so only one of the regions' baselines can own it: give the others its ARN as Role.
type Preset struct {
	Name     string      // begins the names of what the preset makes
	Role     id.RoleARN  // what Config works as, as ServiceRole; one of the preset's own if empty
	Bucket   id.Bucket   // where the history goes; one of the preset's own, with a key, if empty
	Key      id.KeyARN   // encrypts what is delivered to Bucket
	Topic    id.TopicARN // is told of every change; none if empty
	GlobalIn string      // see Recorder
	Rules    []Rule      // Baseline if nil; each waits for the recorder
	Tags     map[string]string
}

// ConfigRole is what Config works as, unless Role names another. It reads how everything is configured, and writes to the bucket.
func (p Preset) ConfigRole() iam.Role {
	bucket := "arn:" + id.ARN(ztcore.Partition) + ":s3:::" + id.ARN(p.bucket())
	write := policy.Allow("s3:PutObject").On(bucket + "/AWSLogs/" + ztcore.AccountID + "/Config/*").Named("Deliver").And(
		policy.Allow("s3:GetBucketAcl", "s3:ListBucket").On(bucket).Named("FindTheBucket"))
	if key := p.key(); key != "" {
		write = write.And(policy.Allow("kms:Decrypt", "kms:GenerateDataKey").On(id.ARN(key)).Named("Encrypt"))
	}
	if p.Topic != "" {
		write = write.And(policy.Allow("sns:Publish").On(id.ARN(p.Topic)).Named("Tell"))
	}
	return iam.Role{
		Name: p.Name + "-config", Description: "AWS Config reads how everything is configured, and delivers it", Tags: p.Tags,
		Trust:  policy.Trust(policy.Service("config.amazonaws.com")).When("StringEquals", "aws:SourceAccount", ztcore.AccountID),
		Inline: write, Attached: []id.PolicyARN{iam.AWSManaged("service-role/AWS_ConfigRole")},
	}
}

// ServiceRole is the role that AWS makes for Config (iam create-service-linked-role --aws-service-name config.amazonaws.com). With
// it Config delivers as itself, where the bucket's policy lets it in on behalf of this account. FSBP Config.1 asks for it.
const ServiceRole = id.RoleARN("arn:" + ztcore.Partition + ":iam::" + ztcore.AccountID + ":role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig")

// asService reports whether Config delivers as itself.
func (p Preset) asService() bool {
	return strings.HasSuffix(string(p.Role), ":role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig")
}

// HistoryKey encrypts HistoryBucket.
func (p Preset) HistoryKey() dataprotect.Key {
	k := dataprotect.Key{Name: p.Name + "-config", Description: "Configuration history of " + p.Name, Tags: p.Tags}
	if p.asService() {
		k.Services = []string{"config.amazonaws.com"}
	} else {
		k.Users = []id.RoleARN{p.role()}
	}
	return k
}

// HistoryBucket is where the history goes, unless Bucket names another.
// https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
func (p Preset) HistoryBucket() dataprotect.Bucket {
	b := dataprotect.Bucket{Name: p.Name + "-config-" + ztcore.AccountID + "-" + ztcore.Region, Key: p.HistoryKey().ARN(), Tags: p.Tags}
	if p.asService() {
		config, bucket := policy.Service("config.amazonaws.com"), b.ARN()
		b.Policy = policy.Allow("s3:PutObject").To(config).On(bucket+"/AWSLogs/"+ztcore.AccountID+"/Config/*").When("StringEquals", "aws:SourceAccount", ztcore.AccountID).Named("ConfigDelivers").And(
			policy.Allow("s3:GetBucketAcl", "s3:ListBucket").To(config).On(bucket).When("StringEquals", "aws:SourceAccount", ztcore.AccountID).Named("ConfigFindsTheBucket"))
	}
	return b
}

func (p Preset) role() id.RoleARN {
	if p.Role != "" {
		return p.Role
	}
	return iam.Role{Name: p.Name + "-config"}.ARN()
}

func (p Preset) bucket() id.Bucket {
	if p.Bucket != "" {
		return p.Bucket
	}
	return p.HistoryBucket().Delivery()
}

func (p Preset) key() id.KeyARN {
	if p.Bucket != "" {
		return p.Key
	}
	return p.HistoryKey().ARN()
}

// Recorder is the preset's recorder.
func (p Preset) Recorder() Recorder {
	return Recorder{Role: p.role(), GlobalIn: p.GlobalIn, Bucket: p.bucket(), Key: p.key(), Topic: p.Topic}
}

// Declare implements ztcore.Resource.
func (p Preset) Declare(d *ztcore.Declaration) {
	if p.Role == "" {
		p.ConfigRole().Declare(d)
	}
	if p.Bucket == "" {
		ztcore.List{p.HistoryKey(), p.HistoryBucket()}.Declare(d)
	}
	recorder := p.Recorder()
	recorder.Declare(d)
	rules := p.Rules
	if rules == nil {
		rules = Baseline()
	}
	for _, r := range rules {
		r.After = append([]string{recorder.Started()}, r.After...)
		r.Tags = tagged(p.Tags, r.Tags)
		r.Declare(d)
	}
}

// tagged are the preset's tags, less those that a rule has of its own.
func tagged(all, own map[string]string) map[string]string {
	if len(all) == 0 {
		return own
	}
	out := map[string]string{}
	for _, tags := range []map[string]string{all, own} {
		for k, v := range tags {
			out[k] = v
		}
	}
	return out
}

// Kinds lists the package's kinds, for ztcore.Prune. Recorder and channel have no tags that could be changed, so pruning does
// not find them.
func Kinds() []ztcore.AnyKind {
	return []ztcore.AnyKind{recorders, channels, recordings, rules, aggregators}
}
