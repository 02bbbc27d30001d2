"""A fastai Learner comes out, with everything a fastai user knows."""

import matplotlib
import pytest
import torch
from fastai.learner import Learner
from fastai.vision.all import ClassificationInterpretation
from torch import nn

from helpers.training import Augment, build_dataloaders, build_learner, embed, train_head

matplotlib.use("agg")


@pytest.fixture
def dls(dataset):
    return build_dataloaders(dataset, size=32, batch_size=16, augment=[Augment()])


def quiet(learner):
    learner.remove_cb(learner.progress)
    learner.logger = lambda *_: None
    return learner


def test_a_learner_has_a_backbone_a_head_and_three_groups(dls):
    learner = build_learner(dls, dropout=0.25)
    assert isinstance(learner, Learner)
    assert learner.model[1][0].p == 0.25
    assert learner.model[1][-1].out_features == 3
    groups = learner.splitter(learner.model)
    assert len(groups) == 3
    members = [id(weights) for group in groups for weights in group]
    assert sorted(members) == sorted(id(weights) for weights in learner.model.parameters())
    assert groups[2] == list(learner.model[1].parameters())


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_0", "timm:resnet10t"])
def test_other_networks_train_too(dls, name):
    learner = quiet(build_learner(dls, backbone=name, pretrained=False))
    learner.fit_one_cycle(1)
    assert all(group for group in learner.splitter(learner.model))
    assert torch.isfinite(learner.get_preds()[0]).all()


def test_a_network_lies_where_its_batches_do_before_it_is_trained(dataset):
    # "meta" stands for a GPU, which fastai moves a network to only when it trains.
    learner = build_learner(build_dataloaders(dataset, size=32, device="meta"), pretrained=False)
    values = [*learner.model.parameters(), *learner.model.buffers()]
    assert {value.device.type for value in values} == {"meta"}


def test_a_seed_decides_the_new_weights(dls):
    def weights(seed):
        return build_learner(dls, pretrained=False, seed=seed).model[0].network.stem[0].weight

    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))
    assert torch.equal(before, torch.random.get_rng_state())


def test_frozen_layers_do_not_move_until_unfrozen(dls):
    learner = quiet(build_learner(dls, frozen=True))
    first = learner.model[0].network.stage2.conv1.weight
    before, head = first.detach().clone(), learner.model[1][-1].weight.detach().clone()
    learner.fit_one_cycle(1)
    assert torch.equal(first, before)
    assert not torch.equal(learner.model[1][-1].weight, head)
    learner.unfreeze()
    learner.fit_one_cycle(1)
    assert not torch.equal(first, before)


def test_training_can_start_with_the_predictions_of_a_head_on_embeddings(dls, dataset):
    labels = dataset.images["label"]
    head = train_head(embed(dataset, size=32, progress=False), labels)
    learner = quiet(build_learner(dls, head=head, bfloat16=False))
    wanted = head.predict_proba(embed(dataset, size=32, progress=False).loc[dls.valid_ds.items])
    found = learner.get_preds()[0].numpy()
    assert abs(found - wanted.to_numpy()).max() < 0.03
    other = train_head(embed(dataset, size=32, stages="last", progress=False), labels)
    with pytest.raises(
        ValueError,
        match="The head knows 384 features and the classes blue, green, red, the network 768",
    ):
        build_learner(dls, head=other)


@pytest.mark.parametrize("pretrained", [True, False])
def test_only_networks_from_scratch_learn_the_statistics_of_batch_normalisation(dls, pretrained):
    learner = quiet(build_learner(dls, pretrained=pretrained))
    norm = learner.model[0].network.stage2.norm1
    mean, weight = norm.running_mean.clone(), norm.weight.detach().clone()
    learner.fit_one_cycle(1)
    assert torch.equal(mean, norm.running_mean) == pretrained
    assert not torch.equal(weight, norm.weight)


def test_every_fit_repeats_whatever_was_drawn_before(dls):
    found = []
    for noise in (1, 2):
        learner = quiet(build_learner(dls, pretrained=False))
        torch.manual_seed(noise)
        dls.train.one_batch()
        learner.fit_one_cycle(1)
        learner.fit_one_cycle(1)
        found.append(learner.get_preds()[0])
    assert torch.equal(*found)


def test_looking_for_a_rate_changes_neither_weights_nor_what_follows(dls):
    found = []
    for look in (False, True):
        learner = quiet(build_learner(dls))
        if look:
            learner.lr_find(num_it=5, show_plot=False)
        learner.fit_one_cycle(1)
        found.append(learner.model[1][-1].weight.detach())
    torch.testing.assert_close(*found)


def test_validating_and_predicting_do_not_change_what_follows(dls, dataset):
    found = []
    for look in (False, True):
        learner = quiet(build_learner(dls, bfloat16=False))
        learner.fit_one_cycle(1)
        if look:
            learner.validate()
            learner.get_preds()
            learner.predict(dataset.path(dls.valid_ds.items[0]))
        assert learner.repeatable.fits == 1
        learner.fit_one_cycle(1)
        found.append(learner.model[1][-1].weight.detach())
    assert torch.equal(*found)


def test_fastais_own_calls_work(dls, dataset):
    from matplotlib import pyplot

    learner = quiet(build_learner(dls))
    learner.fit_one_cycle(2, lr_max=slice(1e-4, 1e-3))
    loss, accuracy = learner.validate()
    probabilities, targets = learner.get_preds()
    assert accuracy == pytest.approx((probabilities.argmax(1) == targets).float().mean().item())
    assert loss == pytest.approx(
        nn.functional.nll_loss(probabilities.log(), targets).item(), rel=1e-3
    )
    image_id = dls.valid_ds.items[0]
    label, index, found = learner.predict(dataset.path(image_id))
    assert label == dls.vocab[index]
    torch.testing.assert_close(torch.Tensor(found), probabilities[0], atol=1e-2, rtol=0)
    learner.show_results(max_n=2)
    interpretation = ClassificationInterpretation.from_learner(learner)
    assert interpretation.confusion_matrix().sum() == 9
    interpretation.plot_top_losses(2)
    pyplot.close("all")


def test_bfloat16_changes_results_little_and_can_be_switched(dls):
    learner = quiet(build_learner(dls, bfloat16=False))
    exact = learner.get_preds()[0]
    assert exact.dtype == torch.float32
    learner.model.bfloat16 = True
    rough = learner.get_preds()[0]
    assert rough.dtype == torch.float32
    assert not torch.equal(rough, exact)
    torch.testing.assert_close(rough, exact, atol=0.05, rtol=0)
    assert build_learner(dls, bfloat16=True).model.bfloat16
    assert not torch.is_autocast_enabled("cpu")


def test_forward_hooks_of_the_backbone_see_its_maps(dls):
    learner, seen = quiet(build_learner(dls, bfloat16=False)), []
    images = dls.valid.one_batch()[0]
    hook = learner.model[0].register_forward_hook(lambda *parts: seen.append(parts[-1]))
    with torch.no_grad():
        learner.model.eval()(images)
    hook.remove()
    with torch.no_grad():
        assert torch.equal(seen[0][-1], learner.model[0](images))


def test_an_autocast_around_the_network_stays_in_force(dls):
    model = quiet(build_learner(dls, bfloat16=False)).model.eval()
    seen, images = [], dls.valid.one_batch()[0]
    model[0].network.stage4.register_forward_hook(lambda *parts: seen.append(parts[-1].dtype))
    with torch.no_grad():
        model(images)
        with torch.autocast("cpu", torch.bfloat16):
            model(images)
    assert seen == [torch.float32, torch.bfloat16]


def test_what_learner_takes_is_passed_on(dls):
    loss = nn.CrossEntropyLoss(label_smoothing=0.1)
    learner = build_learner(dls, loss_func=loss, wd=0.3)
    assert learner.loss_func is loss
    assert learner.wd == 0.3


def test_an_unknown_backbone_never_becomes_another(dls):
    with pytest.raises(ValueError, match="There is no backbone 'bundeld'"):
        build_learner(dls, backbone="bundeld")
