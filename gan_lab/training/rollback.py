"""Changes that rollbacks make to a configuration."""

from dataclasses import dataclass

from omegaconf import DictConfig, OmegaConf

from gan_lab.artifacts.checkpoints import Saved
from gan_lab.config.schema import schema


@dataclass(frozen=True)
class Remedy:
    """The changes that rollbacks have made to a configuration.

    Attributes:
        attempt: how many there were.
        lr: factor on both learning rates.
        penalty: what is on where there was none.
    """

    attempt: int = 0
    lr: float = 1.0
    penalty: str = "none"

    @classmethod
    def of(cls, saved: Saved | None) -> "Remedy":
        """That of a checkpoint, as `Checkpoints.load` returns it."""
        return cls(**saved[2].get("remedy", {})) if saved else cls()

    def next(self, trainer: DictConfig) -> "Remedy":
        """That of one rollback more."""
        penalty = trainer.remedy_penalty if self.penalty == "none" else self.penalty
        return Remedy(self.attempt + 1, self.lr * trainer.remedy_lr, penalty)

    def applied(self, config: DictConfig) -> DictConfig:
        """The configuration as it is trained."""
        config = config.copy()
        for key in ("lr", "discriminator_lr", "lr_end"):
            if config.optim.get(key) is not None:
                config.optim[key] *= self.lr
        if config.loss.penalty.name == "none":
            penalty = OmegaConf.structured(schema("loss/penalty", self.penalty))
            config.loss.penalty = penalty
        return config
