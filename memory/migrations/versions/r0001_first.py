"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None


def upgrade() -> None:
    """Create all tables."""
    _index_state()
    _user()
    _concept()
    _conversation()
    _checkpoint()
    _fact()
    _photo()
    _training_run()
    _turn()
    _image()
    _turn_concept()
    _vector()
    _image_concept()


def _index_state() -> None:
    op.create_table(
        "index_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_index_state")),
    )


def _user() -> None:
    op.create_table(
        "user",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("name_key", name=op.f("uq_user_name_key")),
    )


def _concept() -> None:
    op.create_table(
        "concept",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("class_name", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_concept_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concept")),
        sa.UniqueConstraint("id", "user_id", name=op.f("uq_concept_id_user_id")),
        sa.UniqueConstraint("user_id", "name_key", name=op.f("uq_concept_user_id_name_key")),
    )
    op.create_index(op.f("ix_concept_user_id"), "concept", ["user_id"], unique=False)


def _conversation() -> None:
    op.create_table(
        "conversation",
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_conversation_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
        sa.UniqueConstraint("id", "user_id", name=op.f("uq_conversation_id_user_id")),
    )
    op.create_index(op.f("ix_conversation_user_id"), "conversation", ["user_id"], unique=False)


def _checkpoint() -> None:
    op.create_table(
        "checkpoint",
        sa.Column("concept_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("tensors_sha256", sa.String(length=64), nullable=False),
        sa.Column("sidecar_sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("backbone", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["concept_id", "user_id"],
            ["concept.id", "concept.user_id"],
            name=op.f("fk_checkpoint_concept_id_user_id_concept"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_checkpoint_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkpoint")),
        sa.UniqueConstraint("concept_id", "version", name=op.f("uq_checkpoint_concept_id_version")),
    )
    op.create_index(
        op.f("ix_checkpoint_sidecar_sha256"), "checkpoint", ["sidecar_sha256"], unique=False
    )
    op.create_index(
        op.f("ix_checkpoint_tensors_sha256"), "checkpoint", ["tensors_sha256"], unique=False
    )
    op.create_index(op.f("ix_checkpoint_user_id"), "checkpoint", ["user_id"], unique=False)
    op.create_index(
        "uq_checkpoint_active",
        "checkpoint",
        ["concept_id"],
        unique=True,
        sqlite_where=sa.text("active"),
        postgresql_where=sa.text("active"),
    )


def _fact() -> None:
    op.create_table(
        "fact",
        sa.Column("concept_id", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["concept_id", "user_id"],
            ["concept.id", "concept.user_id"],
            name=op.f("fk_fact_concept_id_user_id_concept"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_fact_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact")),
    )
    op.create_index(op.f("ix_fact_concept_id"), "fact", ["concept_id"], unique=False)
    op.create_index(op.f("ix_fact_user_id"), "fact", ["user_id"], unique=False)


def _photo() -> None:
    op.create_table(
        "photo",
        sa.Column("concept_id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["concept_id", "user_id"],
            ["concept.id", "concept.user_id"],
            name=op.f("fk_photo_concept_id_user_id_concept"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_photo_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("concept_id", "sha256", name=op.f("uq_photo_concept_id_sha256")),
    )
    op.create_index(op.f("ix_photo_sha256"), "photo", ["sha256"], unique=False)
    op.create_index(op.f("ix_photo_user_id"), "photo", ["user_id"], unique=False)


def _training_run() -> None:
    op.create_table(
        "training_run",
        sa.Column("concept_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("recipe", sa.JSON(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["concept_id", "user_id"],
            ["concept.id", "concept.user_id"],
            name=op.f("fk_training_run_concept_id_user_id_concept"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_training_run_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_run")),
    )
    op.create_index(
        op.f("ix_training_run_concept_id"), "training_run", ["concept_id"], unique=False
    )
    op.create_index(op.f("ix_training_run_user_id"), "training_run", ["user_id"], unique=False)


def _turn() -> None:
    op.create_table(
        "turn",
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("intent", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("trace", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "user_id"],
            ["conversation.id", "conversation.user_id"],
            name=op.f("fk_turn_conversation_id_user_id_conversation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_turn_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turn")),
        sa.UniqueConstraint(
            "conversation_id", "number", name=op.f("uq_turn_conversation_id_number")
        ),
        sa.UniqueConstraint("id", "user_id", name=op.f("uq_turn_id_user_id")),
    )
    op.create_index(op.f("ix_turn_user_id"), "turn", ["user_id"], unique=False)


def _image() -> None:
    op.create_table(
        "image",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("record", sa.JSON(), nullable=False),
        sa.Column("parent_id", sa.String(length=32), nullable=True),
        sa.Column("turn_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["image.id"], name=op.f("fk_image_parent_id_image"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["turn_id"], ["turn.id"], name=op.f("fk_image_turn_id_turn"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_image_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
        sa.UniqueConstraint("id", "user_id", name=op.f("uq_image_id_user_id")),
    )
    op.create_index(op.f("ix_image_parent_id"), "image", ["parent_id"], unique=False)
    op.create_index(op.f("ix_image_sha256"), "image", ["sha256"], unique=False)
    op.create_index(op.f("ix_image_turn_id"), "image", ["turn_id"], unique=False)
    op.create_index(op.f("ix_image_user_id"), "image", ["user_id"], unique=False)


def _turn_concept() -> None:
    op.create_table(
        "turn_concept",
        sa.Column("turn_id", sa.String(length=32), nullable=False),
        sa.Column("concept_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["concept_id", "user_id"],
            ["concept.id", "concept.user_id"],
            name=op.f("fk_turn_concept_concept_id_user_id_concept"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["turn_id", "user_id"],
            ["turn.id", "turn.user_id"],
            name=op.f("fk_turn_concept_turn_id_user_id_turn"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("turn_id", "concept_id", name=op.f("pk_turn_concept")),
    )
    op.create_index(
        op.f("ix_turn_concept_concept_id"), "turn_concept", ["concept_id"], unique=False
    )


def _vector() -> None:
    op.create_table(
        "vector",
        sa.Column("item_id", sa.String(length=32), nullable=False),
        sa.Column("embedder", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("photo_id", sa.String(length=32), nullable=True),
        sa.Column("fact_id", sa.String(length=32), nullable=True),
        sa.Column("turn_id", sa.String(length=32), nullable=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["fact_id"], ["fact.id"], name=op.f("fk_vector_fact_id_fact"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photo.id"], name=op.f("fk_vector_photo_id_photo"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["turn_id"], ["turn.id"], name=op.f("fk_vector_turn_id_turn"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_vector_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", "embedder", name=op.f("pk_vector")),
    )
    op.create_index(op.f("ix_vector_fact_id"), "vector", ["fact_id"], unique=False)
    op.create_index(
        "ix_vector_kind_embedder_revision", "vector", ["kind", "embedder", "revision"], unique=False
    )
    op.create_index(op.f("ix_vector_photo_id"), "vector", ["photo_id"], unique=False)
    op.create_index(op.f("ix_vector_turn_id"), "vector", ["turn_id"], unique=False)
    op.create_index(op.f("ix_vector_user_id"), "vector", ["user_id"], unique=False)


def _image_concept() -> None:
    op.create_table(
        "image_concept",
        sa.Column("image_id", sa.String(length=32), nullable=False),
        sa.Column("concept_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["concept_id", "user_id"],
            ["concept.id", "concept.user_id"],
            name=op.f("fk_image_concept_concept_id_user_id_concept"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["image_id", "user_id"],
            ["image.id", "image.user_id"],
            name=op.f("fk_image_concept_image_id_user_id_image"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("image_id", "concept_id", name=op.f("pk_image_concept")),
    )
    op.create_index(
        op.f("ix_image_concept_concept_id"), "image_concept", ["concept_id"], unique=False
    )
