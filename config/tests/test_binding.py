"""Fields that are made once a class: no instance sees what another did to its own."""

import pytest
from rest_framework import serializers

from common.api.serializers import ResourceSerializer
from todos.models import Todo
from todos.serializers import TodoSerializer


class NestedSerializer(ResourceSerializer[Todo]):
    tags = serializers.ListField(child=serializers.CharField(), write_only=True)

    class Meta:
        model = Todo
        fields = ("id", "tags")


class ChoosingSerializer(ResourceSerializer[Todo]):
    class Meta:
        model = Todo
        fields = ("id", "title")

    def get_fields(self):
        return {name: field for name, field in super().get_fields().items() if name in self.context["shown"]}


def test_each_instance_has_fields_of_its_own():
    one, other = TodoSerializer(context={"name": "one"}), TodoSerializer(partial=True)

    assert list(one.fields) == list(other.fields) == list(TodoSerializer.Meta.fields)
    for name, field in one.fields.items():
        assert field is not other.fields[name]
        assert (field.parent, field.root, field.field_name) == (one, one, name)
    assert one.fields["title"].context == {"name": "one"}


def test_what_is_done_to_a_field_is_done_to_no_other():
    spoilt = TodoSerializer()
    spoilt.fields["title"].validators.append(pytest.fail)
    spoilt.fields["title"].error_messages["blank"] = "spoilt"
    spoilt.fields["title"].required = False
    del spoilt.fields["completed"]

    fresh = TodoSerializer(data={})

    assert not fresh.is_valid()
    assert set(fresh.errors) == {"title"}
    assert "completed" in fresh.fields
    assert TodoSerializer(data={"title": "Fine"}).is_valid()
    assert TodoSerializer(data={"title": ""}).fields["title"].error_messages["blank"] != "spoilt"


def test_fields_within_fields_are_made_each_time():
    one, other = NestedSerializer(), NestedSerializer()

    assert one.fields["tags"].child is not other.fields["tags"].child
    assert one.fields["tags"].child.root is one


def test_a_serializer_may_choose_its_fields_by_the_request():
    assert list(ChoosingSerializer(context={"shown": ["title"]}).fields) == ["title"]
    assert list(ChoosingSerializer(context={"shown": ["id"]}).fields) == ["id"]
